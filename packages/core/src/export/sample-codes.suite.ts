import type { Codes } from '../codes/codes.ts';
import { bitAt, packSigns } from '../codes/codes.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { seededRandom } from '../vectors/random.ts';

/** Lengths that fill no byte, whole bytes, no word, and whole words. */
export const sampleLengths = [1, 10, 24, 64, 100, 512] as const;

export function sampleVectors(rows: number, columns: number): Matrix {
  const random = seededRandom(columns);
  const data = Float32Array.from({ length: rows * columns }, () => random() - 0.5);
  return { rows, columns, data };
}

export function sampleCodes(rows: number, bits: number): Codes {
  return packSigns(sampleVectors(rows, bits));
}

/** Bits in which a code differs from each, counted one by one. */
export function distancesFrom(codes: Codes, row: number): number[] {
  return Array.from({ length: codes.rows }, (_, other) => {
    let distance = 0;
    for (let bit = 0; bit < codes.bits; bit++) {
      distance += bitAt(codes, row, bit) ^ bitAt(codes, other, bit);
    }
    return distance;
  });
}
