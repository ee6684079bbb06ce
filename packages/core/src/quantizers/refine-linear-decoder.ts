import type { Codes } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { fitRidgeRegression } from '../transforms/ridge-regression.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { LinearDecoder } from './linear-decoder.ts';
import { withNormRange } from './with-norm-range.ts';

/** What a decoder that was fitted to other vectors counts for, in vectors. */
const priorVectors = 100;

/**
 * Adapts a decoder to vectors of which there may be few: what it leaves of them is fitted by ridge
 * regression, whose penalty lets it move the further the more vectors ask for it. It does not move for
 * none.
 */
export function refineLinearDecoder(
  decoder: LinearDecoder,
  codes: Codes,
  vectors: Matrix,
): LinearDecoder {
  if (vectors.rows === 0) return decoder;
  const left = decoder.decode(codes);
  for (let p = 0; p < left.data.length; p++) left.data[p] = vectors.data[p] - left.data[p];
  const change = fitRidgeRegression(unpackSigns(codes), left, { penalty: priorVectors });
  return withNormRange(sum(decoder.map, change), codes, decoder.normRange);
}

function sum(a: AffineMap, b: AffineMap): AffineMap {
  const [weights, addends] = [a.weights as Matrix, b.weights as Matrix];
  return {
    ...a,
    weights: { ...weights, data: weights.data.map((value, p) => value + addends.data[p]) },
    bias: a.bias.map((value, j) => value + b.bias[j]),
  };
}
