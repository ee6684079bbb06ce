import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { FlatIndex, SearchDepth } from '../search/flat-index.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, row, toMatrix } from '../vectors/matrix.ts';

export interface EstimateMarginOptions extends Omit<SearchDepth, 'margin' | 'rerank'> {
  /** Neighbours that are wanted. Default: 10. */
  readonly k?: number | undefined;
  /** Rows that would all be re-ranked without a margin. Default: 10 k, at least 100. */
  readonly rerank?: number | undefined;
  /** The share of neighbours that must not be lost: above 0, up to 1. Default: 0.99. */
  readonly confidence?: number | undefined;
}

/**
 * A `margin` for searches: by how much the scores by code of neighbours fall short of their cosines, at
 * most, for a share of them. On queries like the given ones, re-ranking with it loses no more than the
 * rest of what re-ranking without it would find.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`
 */
export function estimateMargin(
  index: FlatIndex,
  queries: Vectors,
  options: EstimateMarginOptions = {},
): number {
  const { confidence = 0.99, k = 10, rerank = Math.max(100, 10 * k), ...depth } = options;
  if (!(confidence > 0 && confidence <= 1)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `confidence: got ${confidence}, expected a number above 0, up to 1.`,
      remedy: 'Correct confidence.',
    });
  }
  const asked = toMatrix(queries, { columns: index.dimensions, name: 'queries' });
  checkNotEmpty(asked, 'queries');
  const shortfalls: number[] = [];
  for (let i = 0; i < asked.rows; i++) {
    const query = row(asked, i);
    const byCode = new Map(
      index
        .search(query, { ...depth, k: rerank, rerank: 0 })
        .map((scored) => [scored.row, scored.score]),
    );
    for (const { row: found, score } of index.search(query, { ...depth, k, rerank })) {
      shortfalls.push(score - (byCode.get(found) ?? score));
    }
  }
  shortfalls.sort((a, b) => a - b);
  const last = Math.ceil(confidence * shortfalls.length) - 1;
  return Math.max(0, shortfalls[last] ?? 0);
}
