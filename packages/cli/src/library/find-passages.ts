import type { TaskOptions } from '@bitryoshka/core';
import type { PassageReranker } from '@bitryoshka/langchain';
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

type Searched = Pick<FolderLibrary, 'store' | 'places' | 'reranker'>;

/** Passages that are looked at closer, at least: as many as either side of a hybrid search hands on. */
const fewestCandidates = 100;

/**
 * The passages that answer a question best, no two of the same text.
 *
 * @throws the signal's reason
 */
export async function findPassages(
  library: Searched,
  question: string,
  k: number,
  task: Pick<TaskOptions, 'signal'> = {},
): Promise<FoundPassage[]> {
  const { store, places, reranker } = library;
  const { count } = store.stats();
  for (let wanted = reranker ? Math.max(k, fewestCandidates) : k; ; wanted *= 2) {
    const scored = await store.similaritySearchWithScore(question, Math.min(wanted, count));
    task.signal?.throwIfAborted();
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
    if (byText.size >= k || wanted >= count) {
      const found = [...byText.values()];
      return (reranker ? await rerank(found, reranker, question, task) : found).slice(0, k);
    }
  }
}

async function rerank(
  found: readonly FoundPassage[],
  reranker: PassageReranker,
  question: string,
  task: Pick<TaskOptions, 'signal'>,
): Promise<FoundPassage[]> {
  const documents = found.map((passage) => {
    const { text: pageContent, headings, source, score } = passage;
    return [{ pageContent, metadata: { headings, source }, passage }, score] as const;
  });
  const reranked = await reranker.rerank(question, documents, task);
  return reranked.map(([{ passage }, score]) => ({ ...passage, score }));
}

/** `file:3-5`. */
export function nameOfPlace({ source, line, endLine }: Place): string {
  return endLine === line ? `${source}:${line}` : `${source}:${line}-${endLine}`;
}
