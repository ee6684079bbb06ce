import type { TaskOptions } from '@bitryoshka/core';
import { BinaryIndex, normalizeRows } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { Document } from '@langchain/core/documents';
import { findPassages } from '../library/find-passages.ts';
import type { FolderLibrary, Place } from '../library/folder-library.ts';
import { ServedPassages } from '../server/served-passages.ts';
import type { LocatedQuestion } from './locate-answers.ts';

/** How a folder is asked; `hybrid` is what `search` does by itself. */
const ways = ['words', 'meaning', 'hybrid', 'exact floats'] as const;
type Way = (typeof ways)[number];

/** How well the questions were answered in one way. */
export interface WayResult {
  readonly way: Way;
  /** Questions whose answer came first. */
  readonly topOne: number;
  /** Questions whose answer was among the first five. */
  readonly topFive: number;
  /** Of 1 / place of the first answer, 0 for one that is not among the first ten. */
  readonly meanReciprocalRank: number;
  /** Median, the embedding of the question included. */
  readonly millisecondsPerQuestion: number;
  /** What it keeps of a passage, in memory: words, vectors, codes and links, without the text. */
  readonly bytesPerPassage: number;
}

/** What `search` finds of an answer. */
export interface FoundAnswer {
  /** The place of the first answer, from 1; null beyond the first ten. */
  readonly rank: number | null;
  /** Where the passage stands that came first. */
  readonly first: Place | null;
}

export interface WayComparison {
  readonly ways: readonly WayResult[];
  /** Of each question, in their order. */
  readonly answers: readonly FoundAnswer[];
}

/** Places that are looked at. */
const depth = 10;
const topFive = 5;
/** Questions that are asked first, so that nobody pays for the compiler. */
const unmeasured = 10;

interface Found {
  readonly text: string;
  readonly place: Place | undefined;
}

type Ask = (question: string) => Promise<Found[]>;

/**
 * Asks all questions in every way: by words alone (BM25), by the vectors and codes of the index, by both as `search`
 * does, and by comparing all float vectors. Passages of equal text count as one.
 *
 * @param folder as it is called
 */
export async function compareWays(
  folder: string,
  library: FolderLibrary,
  questions: readonly LocatedQuestion[],
  task: TaskOptions,
): Promise<WayComparison> {
  // Codes that are still being made belong to what is measured.
  await library.store.settled();
  const asks = await asksOf(folder, library, task);
  const bytes = await bytesOf(library);
  const total = ways.length * questions.length;
  const results: WayResult[] = [];
  let answers: FoundAnswer[] = [];
  for (const way of ways) {
    const ask = asks[way];
    for (const { question } of questions.slice(0, unmeasured)) await ask(question);
    const times: number[] = [];
    const answered: FoundAnswer[] = [];
    for (const { question, texts } of questions) {
      await checkpoint(task, {
        stage: 'ask',
        done: results.length * questions.length + times.length,
        total,
      });
      const start = performance.now();
      const found = await ask(question);
      times.push(performance.now() - start);
      const at = found.findIndex(({ text }) => texts.has(text));
      answered.push({ rank: at < 0 ? null : at + 1, first: found[0]?.place ?? null });
    }
    const within = (most: number) =>
      answered.filter(({ rank }) => rank !== null && rank <= most).length;
    const reciprocal = answered.reduce((sum, { rank }) => sum + (rank === null ? 0 : 1 / rank), 0);
    if (way === 'hybrid') answers = answered;
    results.push({
      way,
      topOne: within(1),
      topFive: within(topFive),
      meanReciprocalRank: reciprocal / questions.length,
      millisecondsPerQuestion: median(times),
      bytesPerPassage: bytes[way],
    });
  }
  return { ways: results, answers };
}

async function asksOf(
  folder: string,
  library: FolderLibrary,
  task: TaskOptions,
): Promise<Record<Way, Ask>> {
  const { store, embeddings, passages } = library;
  const served = await ServedPassages.of([{ name: folder, path: folder, library }], task);
  const floats = new BinaryIndex({
    dimensions: served.vectors.dimensions,
    vectors: served.vectors,
  });
  const embed = async (question: string): Promise<Float32Array> =>
    normalizeRows(await embeddings.embedMatrix([question], 'query')).data;
  const ofRows = async (rows: readonly number[]): Promise<Found[]> => {
    const documents = await served.documents(rows);
    return documents.map(({ pageContent: text }, i) => ({
      text,
      place: served.places(rows[i] as number)[0],
    }));
  };
  const ofAnswers = (answers: readonly [Document, number][]): Found[] =>
    answers.map(([{ id = '', pageContent: text }]) => ({ text, place: library.places(id)[0] }));
  return {
    words: (question) =>
      distinct(passages, async (k) => ofAnswers(await store.keywordSearchWithScore(question, k))),
    meaning: async (question) => {
      const query = await embed(question);
      return distinct(passages, async (k) =>
        ofAnswers(await store.similaritySearchVectorWithScore(query, k)),
      );
    },
    hybrid: async (question) => {
      const found = await findPassages(library, question, depth);
      return found.map(({ text, source, line, endLine }) => ({
        text,
        place: { source, line, endLine },
      }));
    },
    'exact floats': async (question) => {
      const query = await embed(question);
      return distinct(passages, (k) => ofRows(floats.search(query, { k }).map(({ row }) => row)));
    },
  };
}

/** Copies take the places of what else is found: more are asked for until there are enough without. */
async function distinct(
  passages: number,
  find: (k: number) => Promise<readonly Found[]>,
): Promise<Found[]> {
  for (let wanted = depth; ; wanted *= 2) {
    const found = await find(Math.min(wanted, passages));
    const byText = new Map<string, Found>();
    for (const one of found) if (!byText.has(one.text)) byText.set(one.text, one);
    if (byText.size >= depth || wanted >= passages || found.length < wanted) {
      return [...byText.values()].slice(0, depth);
    }
  }
}

async function bytesOf({ store, passages }: FolderLibrary): Promise<Record<Way, number>> {
  const { bytes, dimensions = 0 } = await store.health();
  const words = bytes.words / passages;
  const meaning = (bytes.vectors + bytes.codes + bytes.links) / passages;
  return { words, meaning, hybrid: words + meaning, 'exact floats': dimensions * 4 };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
