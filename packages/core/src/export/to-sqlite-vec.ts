import type { Codes } from '../codes/codes.ts';
import { codeBytes } from './code-bytes.ts';

/**
 * Codes as blobs for a column `bit[n]` of sqlite-vec, where `n` is `bits` rounded up to a multiple of 8: bind them as
 * `vec_bit(?)`. Bit `j` is bit `j & 7`, the lowest first, of byte `j >> 3`, as `vec_quantize_binary` has it.
 *
 * @returns views of the codes, not copies
 * @throws BitryoshkaError `dimension-mismatch`, or `not-supported` for codes in two parts
 */
export function toSqliteVec(codes: Codes): Uint8Array[] {
  return codeBytes(codes);
}
