import type { FoundPassage } from '../library/find-passages.ts';
import { nameOfPlace } from '../library/find-passages.ts';
import type { Place } from '../library/folder-library.ts';
import { questionWords, tokensOf } from '../library/question-words.ts';
import { stripControls, stripToLine } from '../terminal/strip-controls.ts';
import type { Styles } from '../terminal/styles.ts';
import { stylesOf } from '../terminal/styles.ts';
import { wrapLines } from '../terminal/wrap-lines.ts';

/** Lines of a passage that are shown on a terminal: those around the words of the question. */
const mostLines = 12;
/** Other places of it that are shown. */
const shownPlaces = 3;
/** A terminal that is wider has lines that are hard to read. */
const mostColumns = 120;

const word = /[\p{L}\p{N}][\p{L}\p{M}\p{N}_]*/gu;

/**
 * The passages that were found, each as it is, under its place and headings: on a terminal as wide as it is, with the
 * words of the question marked; elsewhere whole.
 */
export function printPassages(question: string, passages: readonly FoundPassage[]): void {
  const styles = stylesOf(process.stdout);
  const words = questionWords(question);
  const columns = process.stdout.isTTY
    ? Math.min(process.stdout.columns, mostColumns)
    : Number.POSITIVE_INFINITY;
  for (const passage of passages) {
    const lines = [...headOf(passage, columns, styles), ...textOf(passage, words, columns, styles)];
    console.log(`\n${lines.join('\n')}`);
  }
}

/** Says that nothing fits, and what is nearest all the same. */
export function printNothingFits(passages: readonly FoundPassage[]): void {
  const nearest = [...new Set(passages.map(placeName))].slice(0, shownPlaces);
  console.log(`\nNothing fits. Nearest, by chance: ${nearest.join(', ')}`);
}

function headOf(passage: FoundPassage, columns: number, { place, aside }: Styles): string[] {
  const parts = [place(placeName(passage)), passage.headings.map(stripToLine).join(' › ')];
  const [first = '', ...rest] = wrapLines(parts.filter(Boolean).join('  '), columns - 9);
  const score = aside(passage.score.toFixed(3));
  return [`  ${score}  ${first}`, ...rest.map((line) => `         ${line}`)];
}

function textOf(
  { text, others = [] }: FoundPassage,
  words: ReadonlySet<string>,
  columns: number,
  { match, aside }: Styles,
): string[] {
  const indent = '    ';
  const clean = stripControls(text)
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\s+$/g, '');
  const lines = wrapLines(clean, columns - indent.length).map((line) =>
    markWords(line, words, match),
  );
  const shown =
    columns === Number.POSITIVE_INFINITY ? lines.map(({ line }) => line) : around(lines, aside);
  const more = others.length > shownPlaces ? `, and ${others.length - shownPlaces} more` : '';
  const also =
    others.length === 0
      ? []
      : [aside(`also ${others.slice(0, shownPlaces).map(placeName).join(', ')}${more}`)];
  return [...shown, ...also].map((line) => `${indent}${line}`);
}

interface MarkedLine {
  readonly line: string;
  /** How many words of the question it has. */
  readonly matches: number;
}

function markWords(
  line: string,
  words: ReadonlySet<string>,
  mark: (text: string) => string,
): MarkedLine {
  let matches = 0;
  const marked = line.replace(word, (found) => {
    if (!tokensOf(found).some((token) => words.has(token))) return found;
    matches++;
    return mark(found);
  });
  return { line: marked, matches };
}

/** As many lines as are shown, from where most words of the question are. */
function around(lines: readonly MarkedLine[], aside: (text: string) => string): string[] {
  // One that is left out takes a line as well.
  if (lines.length <= mostLines + 1) return lines.map(({ line }) => line);
  const matchesFrom = (start: number) =>
    lines.slice(start, start + mostLines).reduce((sum, { matches }) => sum + matches, 0);
  let best = 0;
  for (let start = 1; start <= lines.length - mostLines; start++) {
    if (matchesFrom(start) > matchesFrom(best)) best = start;
  }
  const shown = lines.slice(best, best + mostLines).map(({ line }) => line);
  return [
    ...(best > 0 ? [aside('…')] : []),
    ...shown,
    ...(best + mostLines < lines.length ? [aside('…')] : []),
  ];
}

/** Where a package manager put a package says nothing to a reader. */
function placeName(place: Place): string {
  return stripToLine(nameOfPlace(place)).replace(/^.*node_modules\//, '…/');
}
