import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { Codes } from './codes.ts';

/** The codes as vectors of -1 and 1, `rows x bits`. */
export function unpackSigns({ rows, bits, bytesPerCode, data }: Codes): Matrix {
  const signs = zeros(rows, bits);
  for (let i = 0, p = 0; i < rows; i++) {
    const offset = i * bytesPerCode;
    for (let j = 0; j < bits; j++) {
      signs.data[p++] = 2 * ((data[offset + (j >> 3)] >> (j & 7)) & 1) - 1;
    }
  }
  return signs;
}
