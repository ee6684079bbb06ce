import type { VectorCodec } from './vector-codecs.ts';

/** Estimates for a copy of the query are off by less. */
const nearlyOne = 1 - 1e-4;
/** The largest float32 below 1. */
const belowOne = 1 - 2 ** -24;

/**
 * Settles estimates: that of a row which is kept as the query would be is 1, and none else is as high.
 *
 * @param encodedAt the bytes of the row that has score `i`
 */
export function settleEstimates(
  scores: Float64Array,
  query: Float32Array,
  codec: VectorCodec,
  encodedAt: (i: number) => Uint8Array,
): void {
  let asked: Uint8Array | undefined;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < -1) scores[i] = -1;
    if (!(scores[i] > nearlyOne)) continue;
    asked ??= encoded(query, codec);
    const isCopy = areEqual(asked, encodedAt(i));
    scores[i] = isCopy ? 1 : Math.min(belowOne, scores[i]);
  }
}

function encoded(query: Float32Array, codec: VectorCodec): Uint8Array {
  const bytes = new Uint8Array(codec.bytesPerVector);
  codec.encode(query, bytes);
  return bytes;
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
