import type { Codes } from '../codes/codes.ts';
import { codeBytes } from './code-bytes.ts';

/** The header of an `IndexBinaryFlat`, up to its codes. */
const headerBytes = 33;
/** By which faiss knows the kind of index. */
const fourLetters = 'IBxF';
/** `METRIC_L2`, which faiss writes for binary indexes and does not look at. */
const metric = 1;

/**
 * Codes as the file of a faiss `IndexBinaryFlat`, for `faiss.read_index_binary`: dimension `bits` rounded up to a
 * multiple of 8. Bit `j` is bit `j & 7`, the lowest first, of byte `j >> 3`.
 *
 * @throws BitryoshkaError `dimension-mismatch`, or `not-supported` for codes in two parts
 */
export function toFaiss(codes: Codes): Uint8Array {
  const blobs = codeBytes(codes);
  const bytes = Math.ceil(codes.bits / 8);
  const file = new Uint8Array(headerBytes + bytes * blobs.length);
  const view = new DataView(file.buffer);
  for (let i = 0; i < fourLetters.length; i++) view.setUint8(i, fourLetters.charCodeAt(i));
  view.setInt32(4, bytes * 8, true);
  view.setInt32(8, bytes, true);
  view.setBigInt64(12, BigInt(blobs.length), true);
  // Is trained: flat indexes always are.
  view.setUint8(20, 1);
  view.setInt32(21, metric, true);
  view.setBigUint64(25, BigInt(bytes * blobs.length), true);
  for (const [i, blob] of blobs.entries()) file.set(blob, headerBytes + i * bytes);
  return file;
}
