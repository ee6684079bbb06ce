import type { Matrix } from '@bitryoshka/core';
import { selectRows } from '@bitryoshka/core';

/** At most `count` rows, evenly spaced; the matrix itself when it has no more. */
export function spacedRows(matrix: Matrix, count: number): Matrix {
  if (matrix.rows <= count) return matrix;
  return selectRows(
    matrix,
    Array.from({ length: count }, (_, i) => Math.floor((i * matrix.rows) / count)),
  );
}
