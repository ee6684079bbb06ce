import type { FoundPassage } from '../library/find-passages.ts';
import type { Place } from '../library/folder-library.ts';
import { print } from '../terminal/print.ts';
import { stripToLine } from '../terminal/strip-controls.ts';

/** Characters of a passage that are shown. */
const excerptLength = 240;
/** Other places of it that are shown. */
const shownPlaces = 3;

/** The question, and under it each passage with its file and line, heading and score. */
export function printPassages(question: string, passages: readonly FoundPassage[]): void {
  print(`\n? ${question}`);
  for (const passage of passages) {
    const { headings, score, text, others = [] } = passage;
    const heading = headings.length > 0 ? `  ${headings.join(' › ')}` : '';
    print(`  ${score.toFixed(3)}  ${placeName(passage)}${heading}`);
    print(`         ${excerpt(text)}`);
    if (others.length === 0) continue;
    const more = others.length > shownPlaces ? `, and ${others.length - shownPlaces} more` : '';
    print(`         also ${others.slice(0, shownPlaces).map(placeName).join(', ')}${more}`);
  }
}

/** Where a package manager put a package says nothing to a reader. */
function placeName({ source, line }: Place): string {
  return `${stripToLine(source).replace(/^.*node_modules\//, '…/')}:${line}`;
}

function excerpt(text: string): string {
  const line = stripToLine(text);
  return line.length <= excerptLength ? line : `${line.slice(0, excerptLength)}…`;
}
