import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { isFloat32Array } from './typed-arrays.ts';

/** Vectors as the rows of one block of float32: row `i` is `data[i * columns … (i + 1) * columns)`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** What public functions accept as vectors: a matrix, or a list of equally long lists of numbers. */
export type Vectors = Matrix | readonly ArrayLike<number>[];

/** An all-zero matrix. */
export function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float32Array(rows * columns) };
}

/** Row `index` as a view, not a copy. */
export function row(matrix: Matrix, index: number): Float32Array {
  return matrix.data.subarray(index * matrix.columns, (index + 1) * matrix.columns);
}

/** Rows `start` to `end` (exclusive) as a view, not a copy. */
export function rowRange(matrix: Matrix, start: number, end: number): Matrix {
  const { columns, data } = matrix;
  return { rows: end - start, columns, data: data.subarray(start * columns, end * columns) };
}

/** A copy of the named rows, in the order they are named. */
export function selectRows(matrix: Matrix, rows: ArrayLike<number>): Matrix {
  const selected = zeros(rows.length, matrix.columns);
  for (let i = 0; i < rows.length; i++) {
    selected.data.set(row(matrix, rows[i] as number), i * matrix.columns);
  }
  return selected;
}

/** The rows of one matrix, and then those of another of as many columns. */
export function stackRows(above: Matrix, below: Matrix): Matrix {
  const stacked = zeros(above.rows + below.rows, above.columns);
  stacked.data.set(above.data);
  stacked.data.set(below.data, above.data.length);
  return stacked;
}

/** What is left of vectors when what was restored of them is taken away: it takes the place of what was restored. */
export function leftOf({ data }: Matrix, restored: Matrix): Matrix {
  for (let p = 0; p < data.length; p++) restored.data[p] = data[p] - restored.data[p];
  return restored;
}

/**
 * Columns become rows.
 *
 * @param into where it is written. Default: new memory
 */
export function transpose({ rows, columns, data }: Matrix, into?: Matrix): Matrix {
  const transposed = into ?? zeros(columns, rows);
  const to = transposed.data;
  // In squares: a column of many rows would push its own cache lines out.
  for (let top = 0; top < rows; top += squareRows) {
    const bottom = Math.min(rows, top + squareRows);
    for (let left = 0; left < columns; left += squareRows) {
      const right = Math.min(columns, left + squareRows);
      for (let j = left; j < right; j++) {
        for (let i = top, p = top * columns + j; i < bottom; i++, p += columns) {
          to[j * rows + i] = data[p];
        }
      }
    }
  }
  return transposed;
}

const squareRows = 16;

export interface ToMatrixOptions {
  /** The dimension every vector must have. Default: that of the first vector. */
  readonly columns?: number | undefined;
  /** How errors name the vectors. Default: `vectors`. */
  readonly name?: string;
  /** The number by which errors name the first vector, where others came before. Default: 0. */
  readonly firstRow?: number;
}

/**
 * Checks vectors at the border and lays them out as a matrix. A matrix is passed through, not copied.
 *
 * @throws BitryoshkaError `dimension-mismatch` when the lengths differ or are not `columns`,
 *   `not-finite` when a value is NaN, infinite, missing or no number.
 */
export function toMatrix(vectors: Vectors, options: ToMatrixOptions = {}): Matrix {
  const { name = 'vectors', firstRow = 0 } = options;
  if (!Array.isArray(vectors)) {
    const matrix = checkedShape(vectors, options);
    checkFinite(matrix, name, firstRow);
    return matrix;
  }
  // Not by forEach, which skips holes.
  const given: readonly ArrayLike<number>[] = vectors;
  for (let i = 0; i < given.length; i++) checkIsVector(given[i], `${name}[${firstRow + i}]`);
  const columns = options.columns ?? given[0]?.length ?? 0;
  const matrix = zeros(given.length, columns);
  for (const [i, vector] of given.entries()) {
    checkDimension(vector.length, columns, `${name}[${firstRow + i}]`);
    for (let j = 0; j < columns; j++) {
      // Number.isFinite also refuses strings and null, which Float32Array would turn into numbers.
      if (!Number.isFinite(vector[j])) throw notFinite(`${name}[${firstRow + i}]`, j, vector[j]);
      matrix.data[i * columns + j] = vector[j];
    }
  }
  checkFinite(matrix, name, firstRow);
  return matrix;
}

/**
 * A matrix whose values are still to be checked.
 *
 * @throws BitryoshkaError `invalid-option` for what is no matrix, `dimension-mismatch` when its parts disagree
 */
export function checkedShape(matrix: Vectors, options: ToMatrixOptions = {}): Matrix {
  const { name = 'vectors' } = options;
  if (!isMatrix(matrix)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `${name}: got ${typeof matrix}, expected a list of vectors or a matrix.`,
      remedy: 'Pass number[][], Float32Array[] or { rows, columns, data }.',
    });
  }
  const { rows, columns, data } = matrix;
  const areCounts = [rows, columns].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!areCounts || data.length !== rows * columns) {
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `${name}: ${data.length} values are not ${rows} rows x ${columns} columns.`,
      remedy: 'Give data of rows * columns values.',
    });
  }
  checkDimension(columns, options.columns, name);
  return matrix;
}

/** One vector, checked as {@link toMatrix} checks many. */
export function toVector(vector: ArrayLike<number>, options: ToMatrixOptions = {}): Float32Array {
  const { name = 'vector' } = options;
  checkIsVector(vector, name);
  const { columns = vector.length } = options;
  checkDimension(vector.length, columns, name);
  for (let j = 0; j < columns; j++) {
    if (!Number.isFinite(vector[j])) throw notFinite(name, j, vector[j]);
  }
  const copy = new Float32Array(vector);
  checkFinite({ rows: 1, columns, data: copy }, name, 0);
  return copy;
}

/**
 * @throws BitryoshkaError `empty-input` when there are no rows or no columns.
 */
export function checkNotEmpty({ rows, columns }: Matrix, name = 'vectors'): void {
  if (rows > 0 && columns > 0) return;
  throw new BitryoshkaError({
    code: 'empty-input',
    message: `${name}: got ${rows} vectors of ${columns} dimensions, expected at least one of each.`,
    remedy: 'Pass the vectors to learn from.',
  });
}

/** @throws BitryoshkaError `invalid-option` for what has no values: null, a hole, a number */
function checkIsVector(vector: unknown, name: string): void {
  const length = typeof vector === 'object' && vector !== null && Object(vector).length;
  if (Number.isSafeInteger(length)) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${vector === null ? 'null' : typeof vector}, expected a list of numbers.`,
    remedy: 'Check what the embedding model returned.',
  });
}

function isMatrix(vectors: Vectors): vectors is Matrix {
  return isFloat32Array(Object(vectors).data);
}

function checkDimension(got: number, expected: number | undefined, name: string): void {
  if (expected === undefined || got === expected) return;
  throw new BitryoshkaError({
    code: 'dimension-mismatch',
    message: `${name}: got ${got} dimensions, expected ${expected}.`,
    remedy: 'Use vectors of one model and one dimension.',
  });
}

function checkFinite({ columns, data }: Matrix, name: string, firstRow: number): void {
  if (areFinite(data)) return;
  const i = data.findIndex((value) => !Number.isFinite(value));
  throw notFinite(`${name}[${firstRow + Math.floor(i / columns)}]`, i % columns, data[i]);
}

/** x - x is 0, but NaN for NaN and for both infinities; sums of it side by side do not wait for one another. */
function areFinite(data: Float32Array): boolean {
  const whole = data.length & ~3;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += data[i] - data[i];
    b += data[i + 1] - data[i + 1];
    c += data[i + 2] - data[i + 2];
    d += data[i + 3] - data[i + 3];
  }
  for (let i = whole; i < data.length; i++) a += data[i] - data[i];
  return a + b + c + d === 0;
}

function notFinite(name: string, dimension: number, got: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-finite',
    message: `${name}: got ${String(got)} at dimension ${dimension}, expected a finite float32.`,
    remedy: 'Check what the embedding model returned for this text.',
  });
}
