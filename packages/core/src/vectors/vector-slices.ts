import type { Matrix, ToMatrixOptions, Vectors } from './matrix.ts';
import { rowRange, toMatrix } from './matrix.ts';
import { isFloat32Array } from './typed-arrays.ts';

/** Numbers that are checked, and then copied, at a time: about a millisecond. */
const numbersPerSlice = 1 << 16;

/**
 * Vectors as `toMatrix` gives them, a part at a time, so that whoever takes them can do something else between
 * two parts.
 *
 * @throws BitryoshkaError as `toMatrix`, when it comes to what it refuses
 */
export function* vectorSlices(
  vectors: Vectors,
  options: Pick<ToMatrixOptions, 'columns' | 'name'> = {},
): Generator<Matrix, void> {
  const whole = asMatrix(vectors);
  const list = Array.isArray(vectors) ? (vectors as readonly ArrayLike<number>[]) : undefined;
  if (!whole && !list) toMatrix(vectors, options);
  const columns = options.columns ?? whole?.columns ?? list?.[0]?.length ?? 0;
  const rows = rowsOf(vectors);
  const step = Math.max(1, Math.floor(numbersPerSlice / Math.max(1, columns)));
  for (let firstRow = 0; firstRow < rows; firstRow += step) {
    const end = Math.min(rows, firstRow + step);
    const slice = whole ? rowRange(whole, firstRow, end) : list?.slice(firstRow, end);
    yield toMatrix(slice as Vectors, { ...options, columns, firstRow });
  }
}

/** How many vectors there are, of what `toMatrix` accepts. */
export function rowsOf(vectors: Vectors): number {
  return 'rows' in vectors ? vectors.rows : vectors.length;
}

/** Undefined for a list, and for what `toMatrix` refuses. */
function asMatrix(vectors: Vectors): Matrix | undefined {
  const { rows, columns, data } = Object(vectors) as Partial<Matrix>;
  if (!isFloat32Array(data) || rows === undefined || columns === undefined) return undefined;
  return data.length === rows * columns ? { rows, columns, data } : undefined;
}
