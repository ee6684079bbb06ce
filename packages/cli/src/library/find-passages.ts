import type { FolderLibrary, PassageMetadata } from './folder-library.ts';

/** Where a passage stands. */
export interface Place {
  /** The file, relative to the folder. */
  readonly source: string;
  /** Its first and last line in the file, from 1, where they are known. */
  readonly line?: number;
  readonly endLine?: number;
}

/** A passage that was found, as `--json` prints it. */
export interface FoundPassage extends Place {
  /** Of the passage in the library. */
  readonly id: string;
  /** From the outermost to the innermost heading. */
  readonly headings: readonly string[];
  /** On the scale of cosine similarities; without words it is that of the passage to the question. */
  readonly score: number;
  readonly text: string;
  /** Where else the same text stands, if anywhere. */
  readonly others?: readonly Place[];
}

/** The passages that answer a question best, no two of the same text. */
export async function findPassages(
  { store }: Pick<FolderLibrary, 'store'>,
  question: string,
  k: number,
): Promise<FoundPassage[]> {
  const { count } = store.stats();
  for (let wanted = k; ; wanted *= 2) {
    const scored = await store.similaritySearchWithScore(question, Math.min(wanted, count));
    const byText = new Map<string, FoundPassage>();
    for (const [{ id = '', pageContent: text, metadata }, score] of scored) {
      const place = placeOf(metadata as PassageMetadata);
      const key = text.replace(/\s+/g, ' ').trim();
      const first = byText.get(key);
      if (!first) {
        const { headings } = metadata as PassageMetadata;
        byText.set(key, { id, ...place, headings, score, text });
      } else {
        byText.set(key, { ...first, others: [...(first.others ?? []), place] });
      }
    }
    // Copies take the places of what else was found.
    if (byText.size >= k || wanted >= count) return [...byText.values()].slice(0, k);
  }
}

export function placeOf({ source, line, endLine }: PassageMetadata): Place {
  return {
    source,
    ...(typeof line === 'number' && { line }),
    ...(typeof endLine === 'number' && { endLine }),
  };
}

/** `file:3-5`, or the file alone. */
export function nameOfPlace({ source, line, endLine }: Place): string {
  if (line === undefined) return source;
  return endLine === undefined || endLine === line
    ? `${source}:${line}`
    : `${source}:${line}-${endLine}`;
}
