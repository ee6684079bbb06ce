import { BitryoshkaError } from '@bitryoshka/core';
import type { Document } from '@langchain/core/documents';
import type { FolderLibrary, Place } from '../library/folder-library.ts';
import { countOf } from '../terminal/format.ts';
import type { AskedQuestion, ExpectedPlace } from './read-questions.ts';

/** A question, once, with all passages that answer it. */
export interface LocatedQuestion {
  readonly question: string;
  readonly expected: readonly ExpectedPlace[];
  /** The texts of these passages: a search shows equal texts once. */
  readonly texts: ReadonlySet<string>;
}

interface PlacedText extends Place {
  readonly text: string;
}

/** Questions that are named where answers are nowhere. */
const mostNamed = 5;

/**
 * Finds the passages that answer questions. A line that no passage has, as that of a heading, is one of the passage
 * below it; a text stands in a passage whatever white space there is between its words; a file alone is all of its
 * passages.
 *
 * @param questionsFile as it is called in errors
 * @throws BitryoshkaError `invalid-file` that names the lines of all questions whose answer is nowhere
 */
export function locateAnswers(
  library: Pick<FolderLibrary, 'store' | 'places' | 'skipped'>,
  questions: readonly AskedQuestion[],
  questionsFile: string,
): LocatedQuestion[] {
  const bySource = passagesBySource(library);
  const located = new Map<string, { expected: ExpectedPlace[]; texts: Set<string> }>();
  const lost: string[] = [];
  for (const { question, at, ...expected } of questions) {
    const found = passagesAt(bySource.get(expected.file) ?? [], expected);
    if (found.length === 0) {
      lost.push(`line ${at} expects ${whatIsLost(expected, bySource, library)}`);
      continue;
    }
    const one = located.get(question) ?? { expected: [], texts: new Set() };
    one.expected.push(expected);
    for (const { text } of found) one.texts.add(text);
    located.set(question, one);
  }
  if (lost.length > 0) throw nowhere(questionsFile, lost);
  return [...located].map(([question, rest]) => ({ question, ...rest }));
}

function passagesBySource({
  store,
  places,
}: Pick<FolderLibrary, 'store' | 'places'>): Map<string, PlacedText[]> {
  const bySource = new Map<string, PlacedText[]>();
  for (const [id, { pageContent: text }] of store.entries() as Iterable<[string, Document]>) {
    for (const place of places(id)) {
      const others = bySource.get(place.source);
      if (others) others.push({ ...place, text });
      else bySource.set(place.source, [{ ...place, text }]);
    }
  }
  for (const passages of bySource.values()) passages.sort((a, b) => a.line - b.line);
  return bySource;
}

function passagesAt(
  passages: readonly PlacedText[],
  { line, text }: ExpectedPlace,
): readonly PlacedText[] {
  const part = text === undefined ? undefined : spaced(text);
  const having =
    part === undefined ? passages : passages.filter((one) => spaced(one.text).includes(part));
  if (line === undefined) return having;
  const around = having.filter((one) => one.line <= line && line <= one.endLine);
  if (around.length > 0 || part !== undefined) return around;
  const next = passages.find((one) => one.line > line);
  return next ? [next] : [];
}

function spaced(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function whatIsLost(
  { file, line, text }: ExpectedPlace,
  bySource: ReadonlyMap<string, readonly PlacedText[]>,
  { skipped }: Pick<FolderLibrary, 'skipped'>,
): string {
  const last = bySource.get(file)?.at(-1);
  if (!last) {
    const reason = skipped.find(({ path }) => path === file)?.reason;
    return `${file}, which has no passage${reason === undefined ? '' : ` (${reason})`}`;
  }
  if (text === undefined)
    return `line ${line} of ${file}, whose last passage ends at ${last.endLine}`;
  const where = line === undefined ? file : `${file}:${line}`;
  return `${JSON.stringify(shortened(text))} in ${where}, where no passage has it as a whole`;
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function nowhere(file: string, lost: readonly string[]): BitryoshkaError {
  const more = lost.length > mostNamed ? `; and ${lost.length - mostNamed} more` : '';
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${file}: got ${countOf(lost.length, 'question')} whose answer is nowhere: ${lost.slice(0, mostNamed).join('; ')}${more}.`,
    remedy:
      'Name files relative to the folder, with lines as search prints them, or quote a shorter part.',
  });
}
