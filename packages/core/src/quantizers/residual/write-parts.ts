import type { Codes } from '../../codes/codes.ts';

/**
 * Writes codes in two parts.
 *
 * @param codes zeros, as long as both parts
 * @param first codes of the first bits, whole bytes
 * @param words bytes to be put behind them, `perCode` for each
 */
export function writeParts(codes: Codes, first: Codes, words: Uint8Array, perCode: number): void {
  const firstBytes = first.bits / 8;
  for (let i = 0; i < first.rows; i++) {
    const to = i * codes.bytesPerCode;
    const from = i * first.bytesPerCode;
    codes.data.set(first.data.subarray(from, from + firstBytes), to);
    codes.data.set(words.subarray(i * perCode, (i + 1) * perCode), to + firstBytes);
  }
}
