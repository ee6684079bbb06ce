import type { QuantizerKind } from './families.ts';

/** For each dimension: half as many miss hardly a neighbour any more. */
const mostBitsPerDimension = 8;

/**
 * The longest code that a kind makes of vectors: a bit for each dimension, but for `random`, whose directions may be
 * more than there are dimensions, and for `residual`, most of whose bits are bytes.
 */
export function mostBits(kind: QuantizerKind | 'tuned', dimensions: number): number {
  if (kind === 'residual') return 16 * Math.floor(dimensions / 8);
  return kind === 'random' ? mostBitsPerDimension * dimensions : dimensions;
}
