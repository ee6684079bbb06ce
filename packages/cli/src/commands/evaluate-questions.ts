import { relative, resolve, sep } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import type { FoundAnswer, WayResult } from '../evaluation/compare-ways.ts';
import { compareWays } from '../evaluation/compare-ways.ts';
import type { LocatedQuestion } from '../evaluation/locate-answers.ts';
import { locateAnswers } from '../evaluation/locate-answers.ts';
import type { ExpectedPlace } from '../evaluation/read-questions.ts';
import { readQuestions } from '../evaluation/read-questions.ts';
import { nameOfPlace } from '../library/find-passages.ts';
import type { FolderLibrary } from '../library/folder-library.ts';
import { formatPercent } from '../report/format-percent.ts';
import { countOf } from '../terminal/format.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { complain, print, printJson } from '../terminal/print.ts';
import { renderTable } from '../terminal/render-table.ts';
import { stripToLine } from '../terminal/strip-controls.ts';
import { interruptedTold } from './interrupted-told.ts';
import type { LibraryFlags } from './library-flags.ts';
import { libraryOptions } from './library-flags.ts';
import { openFolder } from './opened-folder.ts';

export interface EvaluateQuestionsOptions extends LibraryFlags {
  readonly questions: string;
  readonly misses: boolean;
  readonly json: boolean;
}

/** A question whose answer was not among the first five. */
interface Miss extends FoundAnswer {
  readonly question: string;
  readonly expected: readonly ExpectedPlace[];
}

const topFive = 5;
/** With fewer, a question or two more say little. */
const fewQuestions = 50;

/** `bitryoshka eval --questions`: how well a folder answers questions of its readers, in each way. */
export async function evaluateQuestions(
  folder: string,
  { questions: file, misses, json, ...flags }: EvaluateQuestionsOptions,
): Promise<void> {
  const asked = await readQuestions(file);
  let isIndexed = false;
  const isInterrupted = await interruptible(async (signal) => {
    const { library, bar, task } = await openFolder(folder, libraryOptions(flags), signal);
    try {
      await library.save();
      isIndexed = true;
      checkNotAmongPassages(folder, file, library);
      const located = locateAnswers(library, asked, file);
      const { ways, answers } = await compareWays(folder, library, located, task);
      bar.stop();
      const missed = missesOf(located, answers);
      const findings = findingsOf(folder, library, located.length, ways);
      if (json) {
        printJson({
          folder,
          passages: library.passages,
          questions: located.length,
          index: library.store.stats().index,
          findings,
          ways,
          misses: missed,
        });
        return;
      }
      print(findings.join(' '));
      print(table(ways, located.length));
      print(legend(library));
      if (misses) print(missed.map(lineOf).join('\n') || 'Nothing was missed.');
      else if (missed.length > 0)
        print(`${countOf(missed.length, 'question')} missed: see them with --misses.`);
    } finally {
      bar.stop();
      await library.store.close();
    }
  });
  if (isInterrupted) complain(isIndexed ? 'Interrupted: nothing was measured.' : interruptedTold);
}

/** Questions would be answered by themselves. */
function checkNotAmongPassages(folder: string, file: string, library: FolderLibrary): void {
  const inFolder = relative(resolve(folder), resolve(file)).split(sep).join('/');
  if (inFolder.startsWith('../')) return;
  for (const [id] of library.store.entries()) {
    if (!library.places(id).some(({ source }) => source === inFolder)) continue;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `questions: got ${file}, which is indexed as a part of ${folder} and would answer its own questions.`,
      remedy: `Move it elsewhere, or leave it out with --exclude /${inFolder}.`,
    });
  }
}

function missesOf(questions: readonly LocatedQuestion[], answers: readonly FoundAnswer[]): Miss[] {
  return questions.flatMap(({ question, expected }, i) => {
    const { rank, first } = answers[i] as FoundAnswer;
    if (rank !== null && rank <= topFive) return [];
    return [{ question, expected, rank, first }];
  });
}

function findingsOf(
  folder: string,
  library: FolderLibrary,
  count: number,
  results: readonly WayResult[],
): string[] {
  const [hybrid, words, meaning, floats] = (
    ['hybrid', 'words', 'meaning', 'exact floats'] as const
  ).map((way) => resultOf(results, way)) as [WayResult, WayResult, WayResult, WayResult];
  const { index } = library.store.stats();
  const lost = floats.topFive - meaning.topFive;
  return [
    `${folder}: search finds the answer to ${hybrid.topFive} of ${countOf(count, 'question')} in the top five (${formatPercent(hybrid.topFive, count)}), to ${hybrid.topOne} as the first of ${countOf(library.passages, 'passage')}.`,
    `Words alone find ${words.topFive} in the top five, meaning alone ${meaning.topFive}${
      index === 'exact'
        ? ', which is exact in a folder of this size.'
        : `: its codes ${lost === 0 ? 'lose nothing to' : lost > 0 ? `lose ${lost} to` : `find ${-lost} more than`} exact floats.`
    }`,
    ...(count < fewQuestions ? ['With so few questions, two or three more may be chance.'] : []),
  ];
}

function resultOf(results: readonly WayResult[], way: WayResult['way']): WayResult {
  return results.find((result) => result.way === way) as WayResult;
}

function table(results: readonly WayResult[], count: number): string {
  return renderTable(
    ['', 'top one', 'top five', 'reciprocal rank', 'ms per question', 'bytes a passage'],
    results.map((result) => [
      result.way,
      formatPercent(result.topOne, count),
      formatPercent(result.topFive, count),
      result.meanReciprocalRank.toFixed(3),
      result.millisecondsPerQuestion.toFixed(2),
      String(Math.round(result.bytesPerPassage)),
    ]),
  );
}

function legend({ store, reranker }: FolderLibrary): string {
  const { index, bits } = store.stats();
  const how =
    index === 'exact' ? 'exact in a folder of this size' : `${index}, codes of ${bits} bits`;
  return [
    'words            BM25 alone',
    `meaning          vectors alone, as the index finds them: ${how}`,
    `hybrid           both${reranker ? ', looked at closer' : ''}: what search does`,
    'exact floats     all float vectors, one by one',
    '',
    'top one          questions whose answer came first',
    'top five         questions whose answer was among the first five',
    'reciprocal rank  mean of 1 / place of the answer; 0 where it is not among the first ten',
    'ms per question  median time of an answer, embedding the question included',
    'bytes a passage  what a way keeps in memory: words, vectors, codes and links, without the text',
  ].join('\n');
}

function lineOf({ question, expected, rank, first }: Miss): string {
  const wanted = expected.map(nameOfExpected).join(' or ');
  const where = rank === null ? 'not in the top ten' : `at place ${rank}`;
  const came =
    first === null ? 'nothing came first' : `first came ${stripToLine(nameOfPlace(first))}`;
  return `missed: ${stripToLine(question)}\n        ${wanted}: ${where}; ${came}`;
}

function nameOfExpected({ file, line, text }: ExpectedPlace): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return stripToLine(text === undefined ? place : `${place} "${text}"`);
}
