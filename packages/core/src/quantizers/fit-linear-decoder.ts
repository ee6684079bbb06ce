import type { Codes } from '../codes/codes.ts';
import { codeRange } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import type { Steps } from '../progress/steps.ts';
import { atOnce } from '../progress/steps.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { fitRidgeRegression } from '../transforms/ridge-regression.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { leftOf } from '../vectors/matrix.ts';
import { LinearDecoder } from './linear-decoder.ts';
import type { NormRange } from './norm-bytes.ts';
import { widenedRange } from './norm-bytes.ts';

/** The decoder that restores the vectors best from their codes, by least squares. */
export function* fitLinearDecoder(codes: Codes, vectors: Matrix): Steps<LinearDecoder> {
  const signs = unpackSigns(codes);
  yield;
  return yield* withNormRange(yield* fitRidgeRegression(signs, vectors), codes);
}

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
  const left = leftOf(vectors, decoder.decode(codes));
  const change = atOnce(fitRidgeRegression(unpackSigns(codes), left, { penalty: priorVectors }));
  return atOnce(withNormRange(sum(decoder.map, change), codes, decoder.normRange));
}

function sum(a: AffineMap, b: AffineMap): AffineMap {
  const [weights, addends] = [a.weights as Matrix, b.weights as Matrix];
  return {
    ...a,
    weights: { ...weights, data: weights.data.map((value, p) => value + addends.data[p]) },
    bias: a.bias.map((value, j) => value + b.bias[j]),
  };
}

const blockRows = 1024;

/** A decoder whose range of lengths takes in those of these codes. */
export function* withNormRange(
  map: AffineMap,
  codes: Codes,
  range: NormRange = [Infinity, 0],
): Steps<LinearDecoder> {
  const decoder = new LinearDecoder(map, [0, 1]);
  let widened = range;
  for (let start = 0; start < codes.rows; start += blockRows) {
    const block = codeRange(codes, start, Math.min(codes.rows, start + blockRows));
    widened = widenedRange(widened, decoder.norms(block));
    yield;
  }
  return new LinearDecoder(map, widened);
}
