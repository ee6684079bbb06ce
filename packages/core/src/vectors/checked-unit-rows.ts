import type { Matrix, Vectors } from './matrix.ts';
import { checkNotEmpty, toMatrix } from './matrix.ts';
import { normalizeRows } from './normalize.ts';

/**
 * The vectors with unit length.
 *
 * @param name what an error calls them
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch` or `not-finite`
 */
export function checkedUnitRows(vectors: Vectors, name: string, columns?: number): Matrix {
  const matrix = toMatrix(vectors, { name, columns });
  checkNotEmpty(matrix, name);
  return normalizeRows(matrix);
}
