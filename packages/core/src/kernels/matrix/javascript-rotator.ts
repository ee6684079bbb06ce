import type { Matrix } from '../../vectors/matrix.ts';
import { row as rowOf, zeros } from '../../vectors/matrix.ts';
import type { Multiplier } from './multiplier.ts';

export function javascriptRotator(
  factors: Matrix,
  bias: Float32Array,
  dimensions: number,
): Multiplier {
  const { rows: rounds, columns: size } = factors;
  const data = factors.data.slice();
  const biasCopy = bias.slice();
  const columns = bias.length;
  const row = new Float32Array(dimensions);
  return (vectors, into) => {
    const rotated = into ?? zeros(vectors.rows, columns);
    for (let i = 0; i < vectors.rows; i++) {
      row.fill(0).set(rowOf(vectors, i));
      for (let round = 0; round < rounds; round++) {
        const first = round % 2 === 0 ? 0 : dimensions - size;
        const values = row.subarray(first, first + size);
        for (let j = 0; j < size; j++) values[j] *= data[round * size + j];
        transform(values);
      }
      for (let j = 0; j < columns; j++) rotated.data[i * columns + j] = row[j] + biasCopy[j];
    }
    return rotated;
  };
}

/** The fast Walsh–Hadamard transform in natural order, in place, not normalised. */
function transform(values: Float32Array): void {
  for (let apart = 1; apart < values.length; apart *= 2) {
    for (let block = 0; block < values.length; block += 2 * apart) {
      for (let a = block; a < block + apart; a++) {
        const x = values[a];
        const y = values[a + apart];
        values[a] = x + y;
        values[a + apart] = x - y;
      }
    }
  }
}
