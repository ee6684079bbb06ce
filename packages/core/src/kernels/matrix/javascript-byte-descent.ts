import type { Matrix } from '../../vectors/matrix.ts';
import { row, zeros } from '../../vectors/matrix.ts';
import { dotProduct } from '../dot-product.ts';
import type { ByteDescent } from './descent.ts';
import { squaredSteps } from './squared-steps.ts';

/** `MatrixKernel.createByteDescent` in JavaScript: the same sums in the same order. */
export function javascriptByteDescent(original: Matrix): ByteDescent {
  const books = { ...original, data: original.data.slice() };
  const squares = squaredSteps(books);
  const bytes = books.rows / 256;
  return (residuals, codes, weights, rounds) => {
    const fields = zeros(weights.rows, weights.columns);
    for (let i = 0; i < residuals.rows; i++) {
      descendRow(
        { books, squares },
        row(residuals, i),
        codes.subarray(i * bytes, (i + 1) * bytes),
        row(weights, i),
        row(fields, i),
        rounds,
      );
    }
    return fields;
  };
}

function descendRow(
  { books, squares }: { books: Matrix; squares: Float32Array },
  residual: Float32Array,
  code: Uint8Array,
  weights: Float32Array,
  fields: Float32Array,
  rounds: number,
): void {
  const f32 = Math.fround;
  const { columns, data } = books;
  const along = (vector: number): number => dotProduct(data, vector * columns, residual);
  for (let round = 0, isOver = false; !isOver; round++) {
    isOver = round >= rounds;
    let changed = false;
    for (let byte = 0; byte < code.length; byte++) {
      for (let bit = 0; bit < 8; bit++) {
        const value = byte * 256 + code[byte];
        const other = value ^ (1 << bit);
        const isOne = ((value >> bit) & 1) === 1;
        const at = byte * 8 + bit;
        const asked = f32(isOne ? 4 * weights[at] : -4 * weights[at]);
        const gained = f32(2 * f32(along(other) - along(value)));
        const change = f32(f32(squares[value * 8 + bit] - gained) + asked);
        if (isOver) {
          fields[at] = isOne ? 0.25 * change : -0.25 * change;
        } else if (change < 0) {
          for (let j = 0; j < columns; j++) {
            residual[j] -= f32(data[other * columns + j] - data[value * columns + j]);
          }
          code[byte] ^= 1 << bit;
          changed = true;
        }
      }
    }
    // Nothing more will change: straight to the fields.
    if (!changed) round = Math.max(round, rounds - 1);
  }
}
