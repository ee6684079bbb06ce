import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix } from './matrix.ts';
import { checkNotEmpty, row, rowRange, zeros } from './matrix.ts';
import type { Random } from './random.ts';
import { seededRandom } from './random.ts';

/** What fits learn from, where nothing is said. */
export const defaultSampleSize = 20_000;

export interface VectorSampleOptions {
  /** Vectors to keep, at most. Default: 20,000. */
  readonly size?: number | undefined;
  /** Default: 0. */
  readonly seed?: number | undefined;
  /** Gives the memory that they are kept in. */
  readonly allocate?: ((rows: number, columns: number) => Matrix) | undefined;
}

/**
 * A random sample of the rows that were added: each is kept with the same chance, and the first ones in order
 * while there is room.
 *
 * Source: Vitter, "Random Sampling with a Reservoir", 1985, algorithm R.
 */
export class VectorSample {
  readonly #size: number;
  readonly #random: Random;
  readonly #allocate: (rows: number, columns: number) => Matrix;
  #room: Matrix | undefined;
  #seen = 0;

  /** @throws BitryoshkaError `invalid-option` */
  constructor({ size = defaultSampleSize, seed = 0, allocate = zeros }: VectorSampleOptions = {}) {
    checkSampleSize(size);
    this.#size = size;
    this.#random = seededRandom(seed);
    this.#allocate = allocate;
  }

  /** How many rows were added. */
  get seen(): number {
    return this.#seen;
  }

  /** The dimension of the rows; undefined until it is known. */
  get columns(): number | undefined {
    return this.#room?.columns;
  }

  /** Makes room for more rows at once, which otherwise grows with copies. */
  reserve(rows: number, columns: number): void {
    const before = this.#room ?? this.#allocate(0, columns);
    const wanted = Math.min(this.#seen + rows, this.#size);
    this.#room = before;
    if (wanted <= before.rows) return;
    // Twice the room where it gets short, so that many small blocks are not copied for each.
    const wider = this.#allocate(Math.min(Math.max(wanted, 2 * before.rows), this.#size), columns);
    wider.data.set(before.data);
    this.#room = wider;
  }

  add(matrix: Matrix): void {
    if (matrix.rows === 0) return;
    this.reserve(matrix.rows, matrix.columns);
    const { data, columns } = this.#room as Matrix;
    for (let i = 0; i < matrix.rows; i++, this.#seen++) {
      const seen = this.#seen;
      const place = seen < this.#size ? seen : Math.floor(this.#random() * (seen + 1));
      // A copy, so that the block can go.
      if (place < this.#size) data.set(row(matrix, i), place * columns);
    }
  }

  /** @throws BitryoshkaError `empty-input` */
  rows(): Matrix {
    const sample = rowRange(this.#room ?? zeros(0, 0), 0, Math.min(this.#size, this.#seen));
    checkNotEmpty(sample);
    return sample;
  }
}

export function checkSampleSize(size: number): void {
  if (size === Infinity || (Number.isSafeInteger(size) && size >= 1)) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `sample size: got ${size}, expected a whole number from 1 up, or Infinity.`,
    remedy: 'Correct the size of the sample.',
  });
}
