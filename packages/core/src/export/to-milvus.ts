import type { Codes } from '../codes/codes.ts';
import { codeBytes } from './code-bytes.ts';

/**
 * Codes as values of a field `BinaryVector` of Milvus, of dimension `bits` rounded up to a multiple of 8: one number
 * from 0 to 255 for each byte, as its SDK for Node takes them. Bit `j` is bit `j & 7`, the lowest first, of byte
 * `j >> 3`.
 *
 * @throws BitryoshkaError `dimension-mismatch`, or `not-supported` for codes in two parts
 */
export function toMilvus(codes: Codes): number[][] {
  return codeBytes(codes).map((code) => [...code]);
}
