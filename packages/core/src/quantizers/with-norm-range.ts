import type { Codes } from '../codes/codes.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { LinearDecoder } from './linear-decoder.ts';
import type { NormRange } from './norm-bytes.ts';
import { widenedRange } from './norm-bytes.ts';

/** A decoder whose range of lengths takes in those of these codes. */
export function withNormRange(
  map: AffineMap,
  codes: Codes,
  range: NormRange = [Infinity, 0],
): LinearDecoder {
  const norms = new LinearDecoder(map, [0, 1]).norms(codes);
  return new LinearDecoder(map, widenedRange(range, norms));
}
