import type { Codes } from '../codes/codes.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { LinearDecoder } from './linear-decoder.ts';

/** A decoder whose range of lengths takes in those of these codes. */
export function withNormRange(
  map: AffineMap,
  codes: Codes,
  [smallest, largest]: readonly [number, number] = [Infinity, 0],
): LinearDecoder {
  let range: [number, number] = [smallest, largest];
  for (const norm of new LinearDecoder(map, [0, 1]).norms(codes)) {
    range = [Math.min(range[0], norm), Math.max(range[1], norm)];
  }
  return new LinearDecoder(map, range);
}
