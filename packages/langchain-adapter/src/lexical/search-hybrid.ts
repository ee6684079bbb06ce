import type { IndexSnapshot, ScoredRow, SearchDepth } from '@bitryoshka/core';
import { RowSet } from '@bitryoshka/core';
import { fuse } from './fusion.ts';
import type { LexicalIndex } from './lexical-index.ts';

/** Rows that each side hands on, at least: enough to tell what is usual from what stands out. */
const fewestCandidates = 100;

export interface HybridQuery {
  readonly text: string;
  readonly vector: ArrayLike<number>;
  readonly k: number;
  readonly allowed: RowSet | undefined;
  /** Of the search for vectors. */
  readonly depth: SearchDepth | undefined;
  /** What the vectors count. */
  readonly alpha: number;
}

/**
 * The rows whose vectors and words answer a question best, `k` of them whenever as many are allowed. Of each row that
 * either side found, the other side is asked as well.
 */
export function searchHybrid(
  vectors: Pick<IndexSnapshot, 'search'>,
  words: LexicalIndex,
  { text, vector, k, allowed, depth, alpha }: HybridQuery,
): ScoredRow[] {
  const count = Math.max(fewestCandidates, k);
  const nearest = vectors.search(vector, { ...depth, k: count, allowed });
  const found = words.search(text, count, allowed);
  const near = new Set(nearest.map(({ row }) => row));
  const others = found.map(({ row }) => row).filter((row) => !near.has(row));
  // Explicit depths are not taken for a question that somebody asked.
  const cosines = vectors.search(vector, {
    ...(depth ?? { rerank: others.length }),
    k: others.length,
    allowed: RowSet.of(others),
  });
  const last = found.length < count ? undefined : found.at(-1);
  const fused = fuse([...nearest, ...cosines], { found, otherwise: last?.score ?? 0 }, alpha);
  return fused.slice(0, k);
}
