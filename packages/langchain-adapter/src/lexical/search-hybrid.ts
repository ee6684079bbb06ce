import type { IndexSnapshot, ScoredRow, SearchDepth, SearchOptions } from '@bitryoshka/core';
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
  /** Of the search for vectors, where it is not the index's own. */
  readonly depth: SearchDepth | undefined;
  /** Whether vectors are searched without codes, one as all. */
  readonly isExact: boolean;
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
  { text, vector, k, allowed, depth, isExact, alpha }: HybridQuery,
): ScoredRow[] {
  const count = Math.max(fewestCandidates, k);
  const found = words.search(text, count, allowed);
  const cosines = new Map<number, number>();
  const search = (options: SearchOptions) => {
    for (const { row, score } of vectors.search(vector, options)) cosines.set(row, score);
  };
  // The nearest as well as ever. How far an index looks grows with k, and what the others are for, the usual score,
  // is not worth that.
  const isQuick = isExact || depth !== undefined || k === count;
  if (!isQuick) search({ k, allowed });
  search({ ...(isQuick ? depth : { rerank: count }), k: count, allowed });
  const others = found.map(({ row }) => row).filter((row) => !cosines.has(row));
  search({
    ...(depth ?? { rerank: others.length }),
    k: others.length,
    allowed: RowSet.of(others),
  });
  const last = found.length < count ? undefined : found.at(-1);
  const candidates = Array.from(cosines, ([row, score]) => ({ row, score }));
  return fuse(candidates, { found, otherwise: last?.score ?? 0 }, alpha).slice(0, k);
}
