import type { BitPlanes } from './kernel.ts';
import { popcount } from './popcount.ts';

/** What the whole numbers of bit-planes come to over the bits of a code that are 1. */
export function commonOnes(code: Uint32Array, { digits, words: planes }: BitPlanes): number {
  const planeWords = new Uint32Array(planes.buffer, planes.byteOffset, planes.length / 4);
  let sum = 0;
  for (let w = 0; w < code.length; w++) {
    for (let digit = 0; digit < digits; digit++) {
      const plane = planeWords[((w >> 1) * digits + digit) * 2 + (w & 1)];
      const weight = digit === digits - 1 ? -(1 << digit) : 1 << digit;
      sum += weight * popcount(code[w] & plane);
    }
  }
  return sum;
}
