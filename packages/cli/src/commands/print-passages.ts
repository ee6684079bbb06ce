import type { BinaryVectorStore } from '@bitryoshka/langchain';
import type { PassageMetadata } from '../library/folder-library.ts';

/** A passage that was found, as `--json` prints it. */
export interface FoundPassage {
  readonly source: string;
  readonly headings: readonly string[];
  /** On the scale of cosine similarities; without words it is that of the passage to the question. */
  readonly score: number;
  readonly text: string;
}

/** The passages that answer a question best. */
export async function findPassages(
  store: BinaryVectorStore,
  question: string,
  k: number,
): Promise<FoundPassage[]> {
  const found = await store.similaritySearchWithScore(question, k);
  return found.map(([{ pageContent, metadata }, score]) => {
    const { source, headings } = metadata as PassageMetadata;
    return { source, headings, score, text: pageContent };
  });
}

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
