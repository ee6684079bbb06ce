import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { dotProduct } from '../../kernels/dot-product.ts';
import { row as rowOf, toMatrix } from '../../vectors/matrix.ts';
import { inverseNorm, normalizeRows } from '../../vectors/normalize.ts';
import type { FoundSlots, SegmentRows } from '../rows/segment-rows.ts';
import { segmentSlots } from '../rows/segment-rows.ts';
import type { StoredVectors } from '../vectors/stored-vectors.ts';
import type { VectorSource } from '../vectors/vector-storage.ts';
import type { ScoredRow } from './top-k.ts';
import { TopK } from './top-k.ts';

/** Segments whose vectors are read; they are fetched where there are none. */
export type RankedSegments = readonly {
  readonly rows: SegmentRows;
  readonly content: { readonly vectors: StoredVectors | undefined };
}[];

/** The best `k` of the candidates by their vectors, best first; among equals those that were written first. */
export function rerank(
  segments: RankedSegments,
  found: readonly FoundSlots[],
  k: number,
  unit: Float32Array,
): ScoredRow[] {
  return rank(segments, found, k, ({ segment, slots }) => {
    const vectors = segments[segment].content.vectors as StoredVectors;
    const scores = vectors.scores(slots, unit);
    return vectors.isEstimating ? scores : sharpened(scores, unit, (i) => vectors.at(slots[i]));
  });
}

/** The same by vectors that are fetched, for the rows that are at the slots at the call. */
export async function rerankFetched(
  segments: RankedSegments,
  found: readonly FoundSlots[],
  k: number,
  fetched: {
    readonly source: VectorSource;
    readonly unit: Float32Array;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ScoredRow[]> {
  const { source, unit, signal } = fetched;
  const rows = found.flatMap(({ segment, slots }) =>
    Array.from(slots, (slot) => segments[segment].rows.rowAt(slot)),
  );
  const scores = rows.length > 0 ? await fetchedScores(source, rows, unit, signal) : [];
  // In the order of writing, which decides among equals.
  const top = new TopK(k);
  for (const [i, score] of scores.entries()) top.offer(i, score);
  return top.rows().map(({ row: i, score }) => ({ row: rows[i], score }));
}

/** The best `k` of the candidates by the scores that they are given. */
export function rank<Group extends FoundSlots>(
  segments: readonly { readonly rows: SegmentRows }[],
  found: readonly Group[],
  k: number,
  scoresOf: (group: Group) => ArrayLike<number>,
): ScoredRow[] {
  const top = new TopK(k);
  for (const group of found) {
    const { segment, slots } = group;
    const scores = scoresOf(group);
    const start = segment * segmentSlots;
    for (let i = 0; i < slots.length; i++) top.offer(start + slots[i], scores[i]);
  }
  return top.rows().map(({ row: place, score }) => {
    const { rows } = segments[Math.floor(place / segmentSlots)];
    return { row: rows.rowAt(place % segmentSlots), score };
  });
}

/**
 * The cosines of a query and vectors that are fetched.
 *
 * @throws BitryoshkaError `dimension-mismatch` or `not-finite` for vectors that do not fit; what the
 *   source throws is passed on
 */
async function fetchedScores(
  source: VectorSource,
  rows: readonly number[],
  unit: Float32Array,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const vectors = await source.fetchVectors(rows, { signal });
  signal?.throwIfAborted();
  const name = 'fetchVectors';
  const matrix = toMatrix(vectors, { columns: unit.length, name });
  if (matrix.rows !== rows.length) {
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `${name}: got ${matrix.rows} vectors for ${rows.length} rows.`,
      remedy: 'Return one vector per row, in the order of the rows.',
    });
  }
  const units = normalizeRows(matrix);
  const scores = Float64Array.from(rows, (_, i) => dotProduct(units.data, i * unit.length, unit));
  return sharpened(scores, unit, (i) => rowOf(units, i));
}

/** Sums of float32 are off by less. */
const nearlyOne = 1 - 1e-5;

/** Scores near 1 and -1 in double precision, rounded to float32: that of a copy is 1, and none is higher. */
function sharpened(
  scores: Float64Array,
  unit: Float32Array,
  vectorAt: (i: number) => Float32Array,
): Float64Array {
  for (let i = 0; i < scores.length; i++) {
    if (!(Math.abs(scores[i]) > nearlyOne)) continue;
    const vector = vectorAt(i);
    const product = vector.reduce((sum, value, j) => sum + value * unit[j], 0);
    const [length, ofUnit] = [vector, unit].map((each) => inverseNorm(each, 0, each.length));
    scores[i] = Math.fround(product * length * ofUnit);
  }
  return scores;
}
