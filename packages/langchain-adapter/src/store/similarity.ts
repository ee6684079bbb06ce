import type { Matrix, Vectors } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';

/** How alike two vectors are, as they were given: higher is more alike. */
export type SimilarityFunction = (query: number[], vector: number[]) => number;

/**
 * `cosine`; `dot`: the dot product; `euclidean`: `1 / (1 + distance)`; or a function. Only cosines can be found by an
 * index: by the others, every document is compared.
 */
export type Similarity = 'cosine' | 'dot' | 'euclidean' | SimilarityFunction;

const functions: Readonly<Record<'dot' | 'euclidean', SimilarityFunction>> = {
  dot,
  euclidean(query, vector) {
    let sum = 0;
    for (let j = 0; j < query.length; j++) {
      const difference = (query[j] as number) - (vector[j] as number);
      sum += difference * difference;
    }
    return 1 / (1 + Math.sqrt(sum));
  },
};

/** Comparisons between two looks at the clock. */
const vectorsPerTurn = 256;

/** @returns undefined for cosines, which an index finds */
export function similarityFunction(
  similarity: Similarity | undefined,
): SimilarityFunction | undefined {
  if (similarity === undefined || similarity === 'cosine') return undefined;
  return typeof similarity === 'function' ? similarity : functions[similarity];
}

/** @throws BitryoshkaError `invalid-option` */
export function checkSimilarity(similarity: unknown): void {
  if (similarity === undefined || similarity === 'cosine' || typeof similarity === 'function')
    return;
  if (typeof similarity === 'string' && Object.hasOwn(functions, similarity)) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `similarity: got ${JSON.stringify(similarity)}, expected cosine, dot, euclidean or a function.`,
    remedy: 'Leave it out for cosines, which are found by an index.',
  });
}

/**
 * That of a store that was saved.
 *
 * @throws BitryoshkaError `invalid-option` where it was a function, and none was given
 */
export function loadedSimilarity(
  similarity: Similarity | 'function' | undefined,
): Similarity | undefined {
  if (similarity !== 'function') return similarity;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: 'similarity: got none, expected the function that the store was saved with.',
    remedy: 'Pass it as an option of load.',
  });
}

/** @throws BitryoshkaError `invalid-option` for documents without vectors to compare */
export function checkWhole(documents: readonly Partial<Compared>[]): void {
  if (documents.every(({ vector }) => vector)) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message:
      'similarity: got a store that was saved with cosines, expected one with whole vectors.',
    remedy: 'Leave similarity out, or add the documents to a new store with that similarity.',
  });
}

export interface Compared {
  readonly vector: number[];
}

/**
 * Those that are most like a query, best first, compared one by one in turns.
 *
 * @throws BitryoshkaError `not-finite` for a function that returns no number; what it throws is passed on
 */
export async function mostSimilar<Item extends Compared>(
  items: readonly Item[],
  query: number[],
  k: number,
  similarity: SimilarityFunction,
): Promise<[item: Item, score: number][]> {
  const scored: [Item, number][] = [];
  for (const [i, item] of items.entries()) {
    if (i % vectorsPerTurn === 0) {
      await checkpoint({}, { stage: 'compare', done: i, total: items.length });
    }
    scored.push([item, checkScore(similarity(query, item.vector))]);
  }
  return scored.sort((a, b) => b[1] - a[1]).slice(0, k);
}

/** Vectors as they are compared: lists as they are, anything else in lists of its own. */
export function toLists(vectors: Vectors): number[][] {
  if (Array.isArray(vectors)) {
    return vectors.map((vector) =>
      Array.isArray(vector) ? (vector as number[]) : Array.from(vector),
    );
  }
  const { rows, columns, data } = vectors as Matrix;
  return Array.from({ length: rows }, (_, i) =>
    Array.from(data.subarray(i * columns, (i + 1) * columns)),
  );
}

/** Scaled to unit length, for cosines by dot products; zero stays zero. */
export function toUnit(vector: readonly number[]): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return Float32Array.from(vector, (value) => (length > 0 ? value / length : 0));
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j] as number) * (b[j] as number);
  return sum;
}

function checkScore(score: unknown): number {
  if (typeof score === 'number' && !Number.isNaN(score)) return score;
  throw new BitryoshkaError({
    code: 'not-finite',
    message: `similarity: got ${String(score)} for two vectors, expected a number.`,
    remedy: 'Return a number, higher for vectors that are more alike.',
  });
}
