import type { Matrix } from '@bitryoshka/core';
import { seededRandom } from '@bitryoshka/core/internal';

/** A topic: directions of its own, of which each vector has some, and noise. */
export function synthetic(seed: number, rows: number, columns = 64): Matrix {
  const random = seededRandom(seed);
  const normal = () => random() + random() + random() + random() - 2;
  const directions = Array.from({ length: 8 * columns }, normal);
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const shares = Array.from({ length: 8 }, normal);
    for (let j = 0; j < columns; j++) {
      const sum = shares.reduce(
        (all, share, d) => all + share * (directions[d * columns + j] as number),
        0,
      );
      data[i * columns + j] = sum + 0.3 * normal();
    }
  }
  return { rows, columns, data };
}
