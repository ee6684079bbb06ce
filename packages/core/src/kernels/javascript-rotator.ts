import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, zeros } from '../vectors/matrix.ts';
import type { Multiplier } from './kernel.ts';

export function createJavascriptRotator(factors: Matrix, bias: Float32Array): Multiplier {
  const { rows: rounds, columns: size } = factors;
  const data = factors.data.slice();
  const biasCopy = bias.slice();
  const columns = bias.length;
  return (vectors, into) => {
    const rotated = into ?? zeros(vectors.rows, columns);
    rotated.data.set(rowRange(vectors, 0, vectors.rows).data);
    for (let start = 0; start < vectors.rows * columns; start += columns) {
      const row = rotated.data.subarray(start, start + columns);
      for (let round = 0; round < rounds; round++) {
        const first = round % 2 === 0 ? 0 : columns - size;
        const values = row.subarray(first, first + size);
        for (let i = 0; i < size; i++) values[i] *= data[round * size + i];
        transform(values);
      }
      for (let i = 0; i < columns; i++) row[i] += biasCopy[i];
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
