import type { BinaryVectorStore } from '@bitryoshka/langchain';
import type { PassageMetadata } from './folder-library.ts';

/** Where a passage stands. */
export interface PassagePlace {
  /** The file, relative to the folder. */
  readonly source: string;
  /** From the outermost to the innermost heading. */
  readonly headings: readonly string[];
  /** Its first and last line in the file, from 1, where they are known. */
  readonly line?: number;
  readonly endLine?: number;
}

/** A passage that was found, as `--json` prints it. */
export interface FoundPassage extends PassagePlace {
  /** Of the passage in the library. */
  readonly id: string;
  /** On the scale of cosine similarities; without words it is that of the passage to the question. */
  readonly score: number;
  readonly text: string;
  /** Other places with the same text, the best first. */
  readonly alsoIn?: readonly PassagePlace[];
}

/** How many are looked at for each that is wanted, as several may have one text. */
const oversampling = 3;

/** The passages that answer a question best; those with the same text are one. */
export async function findPassages(
  store: BinaryVectorStore,
  question: string,
  k: number,
): Promise<FoundPassage[]> {
  const found = await store.similaritySearchWithScore(question, k * oversampling);
  const byText = new Map<string, { passage: FoundPassage; others: PassagePlace[] }>();
  for (const [{ id = '', pageContent: text, metadata }, score] of found) {
    const place = placeOf(metadata as PassageMetadata);
    const key = text.replace(/\s+/g, ' ').trim();
    const first = byText.get(key);
    if (first) first.others.push(place);
    else if (byText.size < k) {
      byText.set(key, { passage: { id, ...place, score, text }, others: [] });
    }
  }
  return [...byText.values()].map(({ passage, others }) => ({
    ...passage,
    ...(others.length > 0 && { alsoIn: others }),
  }));
}

export function placeOf({ source, headings, line, endLine }: PassageMetadata): PassagePlace {
  return {
    source,
    headings,
    ...(typeof line === 'number' && { line }),
    ...(typeof endLine === 'number' && { endLine }),
  };
}

/** `file:3-5`, or the file alone. */
export function nameOfPlace({ source, line, endLine }: PassagePlace): string {
  if (line === undefined) return source;
  return endLine === undefined || endLine === line
    ? `${source}:${line}`
    : `${source}:${line}-${endLine}`;
}
