import type { FolderLibrary, PassageMetadata, Place } from './folder-library.ts';

/** A passage that was found, as `--json` prints it. */
export interface FoundPassage extends Place {
  /** Of the passage in the library. */
  readonly id: string;
  /** From the title, or the outermost heading, to the innermost heading. */
  readonly headings: readonly string[];
  /** On the scale of cosine similarities; without words it is that of the passage to the question. */
  readonly score: number;
  readonly text: string;
  /** Where else the same text stands, if anywhere. */
  readonly others?: readonly Place[];
}

/** The passages that answer a question best, no two of the same text. */
export async function findPassages(
  { store, places }: Pick<FolderLibrary, 'store' | 'places'>,
  question: string,
  k: number,
): Promise<FoundPassage[]> {
  const { count } = store.stats();
  for (let wanted = k; ; wanted *= 2) {
    const scored = await store.similaritySearchWithScore(question, Math.min(wanted, count));
    const byText = new Map<string, FoundPassage>();
    for (const [{ id = '', pageContent: text, metadata }, score] of scored) {
      const [place, ...others] = places(id);
      if (!place) continue;
      const first = byText.get(text);
      if (!first) {
        const { headings } = metadata as PassageMetadata;
        const more = others.length > 0 && { others };
        byText.set(text, { id, ...place, headings, score, text, ...more });
      } else {
        byText.set(text, { ...first, others: [...(first.others ?? []), place, ...others] });
      }
    }
    // Copies take the places of what else was found.
    if (byText.size >= k || wanted >= count) return [...byText.values()].slice(0, k);
  }
}

/** `file:3-5`. */
export function nameOfPlace({ source, line, endLine }: Place): string {
  return endLine === line ? `${source}:${line}` : `${source}:${line}-${endLine}`;
}
