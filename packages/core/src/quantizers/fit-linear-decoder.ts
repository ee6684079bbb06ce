import type { Codes } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import { fitRidgeRegression } from '../transforms/ridge-regression.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { LinearDecoder } from './linear-decoder.ts';
import { withNormRange } from './with-norm-range.ts';

/** The decoder that restores the vectors best from their codes, by least squares. */
export function fitLinearDecoder(codes: Codes, vectors: Matrix): LinearDecoder {
  return withNormRange(fitRidgeRegression(unpackSigns(codes), vectors), codes);
}
