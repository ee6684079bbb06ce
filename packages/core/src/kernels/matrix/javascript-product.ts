import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { dotProduct } from '../dot-product.ts';

/** The product of `a`, or of its transpose, with `b`: float32, summed in the order of the inner index. */
export function javascriptProduct(a: Matrix, b: Matrix, transposeA: boolean): Matrix {
  const f32 = Math.fround;
  const [rows, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
  const [rowStep, innerStep] = transposeA ? [1, a.columns] : [a.columns, 1];
  const product = zeros(rows, b.columns);
  for (let i = 0; i < rows; i++) {
    const sums = product.data.subarray(i * b.columns, (i + 1) * b.columns);
    for (let p = 0; p < inner; p++) {
      const value = a.data[i * rowStep + p * innerStep];
      for (let j = 0, at = p * b.columns; j < sums.length; j++, at++) {
        sums[j] += f32(value * b.data[at]);
      }
    }
  }
  return product;
}

/** The product of `a` with the transpose of `b`, plus a bias. */
export function javascriptProductTransposed(
  a: Matrix,
  b: Matrix,
  bias?: Float32Array,
  into?: Matrix,
): Matrix {
  const product = into ?? zeros(a.rows, b.rows);
  const { columns } = a;
  for (let i = 0; i < a.rows; i++) {
    const row = a.data.subarray(i * columns, (i + 1) * columns);
    for (let j = 0; j < b.rows; j++) {
      const sum = dotProduct(b.data, j * columns, row);
      product.data[i * b.rows + j] = bias ? sum + bias[j] : sum;
    }
  }
  return product;
}
