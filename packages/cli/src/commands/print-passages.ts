import type { FoundPassage } from '../library/find-passages.ts';

/** Characters of a passage that are shown. */
const excerptLength = 240;

/** The question, and under it each passage with its file, heading and score. */
export function printPassages(question: string, passages: readonly FoundPassage[]): void {
  console.log(`\n? ${question}`);
  for (const { source, headings, score, text } of passages) {
    const heading = headings.length > 0 ? `  ${headings.join(' › ')}` : '';
    console.log(`  ${score.toFixed(3)}  ${shorten(source)}${heading}`);
    console.log(`         ${excerpt(text)}`);
  }
}

/** Where a package manager put a package says nothing to a reader. */
function shorten(source: string): string {
  return source.replace(/^.*node_modules\//, '…/');
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= excerptLength ? line : `${line.slice(0, excerptLength)}…`;
}
