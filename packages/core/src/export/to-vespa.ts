import type { Codes } from '../codes/codes.ts';
import { codeBytes, reverseBits } from './code-bytes.ts';

/**
 * Codes as values of a field `tensor<int8>(x[n])` of Vespa with `distance-metric: hamming`, where `n` is `bits / 8`
 * rounded up: one number from -128 to 127 for each byte. Bit `j` is bit `7 - (j & 7)`, the highest first, of byte
 * `j >> 3`, as `pack_bits` and `unpack_bits` have it.
 *
 * @throws BitryoshkaError `dimension-mismatch`, or `not-supported` for codes in two parts
 */
export function toVespa(codes: Codes): number[][] {
  return codeBytes(codes, reverseBits).map((code) => [...new Int8Array(code)]);
}
