import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { dotProduct } from '../kernels/dot-product.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import type { FoundSlots } from './best-slots.ts';
import type { Candidates } from './candidates.ts';
import { segmentSlots } from './segment-rows.ts';
import { TopRows } from './top-rows.ts';
import type { VectorSource } from './vector-storage.ts';

/** Candidates that are scored between two looks at whether to stop. */
const batchSize = 32;

export interface RerankOptions {
  readonly k: number;
  /** See `SearchDepth`. */
  readonly margin: number;
}

/** Takes candidates, best first, portion by portion, until those that are left cannot matter. */
class Reranking {
  readonly #candidates: Candidates;
  readonly #top: TopRows;
  readonly #margin: number;
  readonly #portion: number;
  #done = 0;

  constructor(candidates: Candidates, { k, margin }: RerankOptions) {
    this.#candidates = candidates;
    this.#top = new TopRows(k);
    this.#margin = margin;
    this.#portion = margin === Infinity ? candidates.places.length : Math.max(batchSize, k);
  }

  /** The next places to score; none when nothing that is left can matter. */
  next(): Float64Array {
    const { places, scores } = this.#candidates;
    const isOver = this.#top.lowest > (scores[this.#done] ?? -Infinity) + this.#margin;
    return places.subarray(this.#done, isOver ? this.#done : this.#done + this.#portion);
  }

  offer(places: Float64Array, exact: ArrayLike<number>): void {
    for (let i = 0; i < places.length; i++) this.#top.offer(places[i], exact[i]);
    this.#done += places.length;
  }

  result(): Candidates {
    return candidatesOf(this.#top);
  }
}

function candidatesOf(top: TopRows): Candidates {
  const rows = top.rows();
  const places = new Float64Array(rows.length);
  const scores = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    places[i] = rows[i].row;
    scores[i] = rows[i].score;
  }
  return { places, scores };
}

/** The best `k` of slots by their exact scores, which are all computed. */
export function rerankAll(
  found: readonly FoundSlots[],
  k: number,
  score: (found: FoundSlots) => ArrayLike<number>,
): Candidates {
  const top = new TopRows(k);
  for (const ofSegment of found) {
    const { ordinal, slots } = ofSegment;
    const scores = score(ofSegment);
    const start = ordinal * segmentSlots;
    for (let i = 0; i < slots.length; i++) top.offer(start + slots[i], scores[i]);
  }
  return candidatesOf(top);
}

/** The best `k` of the candidates by their exact scores. */
export function rerank(
  candidates: Candidates,
  options: RerankOptions,
  score: (places: Float64Array) => ArrayLike<number>,
): Candidates {
  const reranking = new Reranking(candidates, options);
  for (let places = reranking.next(); places.length > 0; places = reranking.next()) {
    reranking.offer(places, score(places));
  }
  return reranking.result();
}

/** The same where exact scores have to be waited for. */
export async function rerankAsync(
  candidates: Candidates,
  options: RerankOptions,
  score: (places: Float64Array) => Promise<ArrayLike<number>>,
): Promise<Candidates> {
  const reranking = new Reranking(candidates, options);
  for (let places = reranking.next(); places.length > 0; places = reranking.next()) {
    reranking.offer(places, await score(places));
  }
  return reranking.result();
}

/**
 * The cosines of a query and vectors that are fetched.
 *
 * @throws BitryoshkaError `dimension-mismatch` or `not-finite` for vectors that do not fit; what the
 *   source throws is passed on
 */
export async function fetchedScores(
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
  const { data } = normalizeRows(matrix);
  return Float64Array.from(rows, (_, i) => dotProduct(data, i * unit.length, unit));
}
