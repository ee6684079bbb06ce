import type { Codes } from '../codes/codes.ts';
import { codeBytes } from './code-bytes.ts';

/**
 * Codes as literals for a column `bit(n)` of PostgreSQL, where `n` is `bits`: bit `j` is character `j`, as
 * `binary_quantize` has it. pgvector compares them with `<~>`.
 *
 * @throws BitryoshkaError `dimension-mismatch`, or `not-supported` for codes in two parts
 */
export function toPgvector(codes: Codes): string[] {
  return codeBytes(codes).map((code) =>
    Array.from({ length: codes.bits }, (_, j) => (code[j >> 3] >> (j & 7)) & 1).join(''),
  );
}
