import { paddedTo } from '../padded-to.ts';

/** The largest of an int8. */
const largestByte = 127;
const largestSum = 2 ** 31 - 1;
const largestWord = 2 ** 15 - 1;

/** A query in whole numbers. */
export interface RoundedQuery {
  /** Padded with zeros to a multiple of 8. */
  readonly values: Int16Array;
  /** What a whole number counts for. */
  readonly scale: number;
}

let known: { readonly query: Float32Array; readonly rounded: RoundedQuery } | undefined;

/**
 * Rounds a query as finely as sums of its products with int8 values stay within an int32. The last one is
 * remembered, as vectors in several memories are scored with the same.
 */
export function roundQuery(query: Float32Array): RoundedQuery {
  if (!known || !areEqual(known.query, query)) {
    known = { query: query.slice(), rounded: rounded(query) };
  }
  return known.rounded;
}

function areEqual(a: Float32Array, b: Float32Array): boolean {
  if (a.length !== b.length) return false;
  for (let j = 0; j < a.length; j++) if (a[j] !== b[j]) return false;
  return true;
}

function rounded(query: Float32Array): RoundedQuery {
  const { length } = query;
  const largest = Math.min(largestWord, Math.floor(largestSum / (largestByte * length)));
  let peak = 0;
  for (let j = 0; j < length; j++) peak = Math.max(peak, Math.abs(query[j]));
  const scale = peak / largest;
  const values = new Int16Array(paddedTo(8, length));
  if (scale > 0) for (let j = 0; j < length; j++) values[j] = Math.round(query[j] / scale);
  return { values, scale };
}
