import type { Matrix } from '../../vectors/matrix.ts';

/**
 * How far each vector is from those whose number differs from its own in one bit, squared.
 *
 * @param books 256 vectors for every byte of a code
 * @returns 8 values per vector, the lowest bit first
 */
export function squaredSteps({ rows, columns, data }: Matrix): Float32Array {
  const squares = new Float32Array(rows * 8);
  for (let i = 0; i < rows; i++) {
    for (let bit = 0; bit < 8; bit++) {
      const other = i ^ (1 << bit);
      let squared = 0;
      for (let j = 0; j < columns; j++) {
        squared += (data[i * columns + j] - data[other * columns + j]) ** 2;
      }
      squares[i * 8 + bit] = squared;
    }
  }
  return squares;
}
