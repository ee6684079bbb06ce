import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';

/** What a model makes of a batch: one row per vector, one column per bit. */
export interface Student {
  readonly queryReals: Matrix;
  readonly documentReals: Matrix;
  readonly queryBits: Matrix;
  readonly documentBits: Matrix;
}

/** How a loss changes with each of them; losses add to it. Nothing of documents whose codes are not learned. */
export type StudentGradient = Pick<Student, 'queryReals' | 'queryBits'> & Partial<Student>;

export function zeroGradient(queryReals: Matrix, documentReals?: Matrix): StudentGradient {
  const like = ({ rows, columns }: Matrix) => zeros(rows, columns);
  return {
    queryReals: like(queryReals),
    queryBits: like(queryReals),
    ...(documentReals && {
      documentReals: like(documentReals),
      documentBits: like(documentReals),
    }),
  };
}

/** Scores of a batch's documents for its queries, `queries x documents`. */
export interface Scores {
  readonly values: Matrix;
  /** Adds what a gradient by the scores comes to, to the gradients of what the scores are made from. */
  backward(gradient: Matrix): void;
}

/** The first columns as a matrix of their own; the matrix itself where it has no more. */
export function leadingColumns(matrix: Matrix, count: number): Matrix {
  const { rows, columns, data } = matrix;
  if (count === columns) return matrix;
  const leading = zeros(rows, count);
  for (let i = 0; i < rows; i++) {
    leading.data.set(data.subarray(i * columns, i * columns + count), i * count);
  }
  return leading;
}

/** Adds a matrix, times a factor, to the first columns of another. */
export function addToLeadingColumns(to: Matrix, addends: Matrix, factor = 1): void {
  for (let i = 0, p = 0; i < addends.rows; i++) {
    for (let j = 0, at = i * to.columns; j < addends.columns; j++, at++, p++) {
      to.data[at] += factor * addends.data[p];
    }
  }
}
