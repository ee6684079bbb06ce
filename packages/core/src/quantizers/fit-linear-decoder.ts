import type { Codes } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import { fitRidgeRegression } from '../transforms/ridge-regression.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { LinearDecoder } from './linear-decoder.ts';

/** The decoder that restores the vectors best from their codes, by least squares. */
export function fitLinearDecoder(codes: Codes, vectors: Matrix): LinearDecoder {
  const map = fitRidgeRegression(unpackSigns(codes), vectors);
  let smallest = Infinity;
  let largest = 0;
  for (const norm of new LinearDecoder(map, [0, 1]).norms(codes)) {
    smallest = Math.min(smallest, norm);
    largest = Math.max(largest, norm);
  }
  return new LinearDecoder(map, [smallest, largest]);
}
