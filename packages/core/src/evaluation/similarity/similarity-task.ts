import type { Matrix } from '../../vectors/matrix.ts';

/** Pairs of vectors and how similar each pair is: what the preservation of similarity is measured on. */
export interface SimilarityTask {
  readonly name: string;
  /** One side of every pair. */
  readonly first: Matrix;
  /** The other side, row for row. */
  readonly second: Matrix;
  /** One per pair, on any scale that grows with similarity: people's grades, or float cosines. */
  readonly similarities: ArrayLike<number>;
}
