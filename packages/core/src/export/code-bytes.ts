import type { Codes } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/**
 * The codes one by one, without the padding to 64 bits: as many whole bytes as the bits need, bit `j` in byte
 * `j >> 3`.
 *
 * @param change what becomes of a byte. Default: nothing, and then the codes are views, not copies
 * @throws BitryoshkaError `dimension-mismatch` when the parts of the codes disagree, `not-supported` for codes in two
 *   parts: databases count bits, and bytes that name vectors differ in bits that say nothing
 */
export function codeBytes(codes: Codes, change?: (byte: number) => number): Uint8Array[] {
  checkCodes(codes);
  const { rows, bits, bytesPerCode, data } = codes;
  const length = Math.ceil(bits / 8);
  return Array.from({ length: rows }, (_, i) => {
    const code = data.subarray(i * bytesPerCode, i * bytesPerCode + length);
    return change ? code.map(change) : code;
  });
}

/** Bit 0 becomes bit 7. */
export function reverseBits(byte: number): number {
  let reversed = 0;
  for (let j = 0; j < 8; j++) reversed |= ((byte >> j) & 1) << (7 - j);
  return reversed;
}

/**
 * @throws BitryoshkaError `dimension-mismatch` or `not-supported`
 */
function checkCodes({ rows, bits, firstBits, bytesPerCode, data }: Codes): void {
  if (firstBits !== undefined) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `codes: got ${firstBits} bits with ${(bits - firstBits) / 8} bytes that name vectors behind them, expected codes of bits alone.`,
      remedy:
        'Pass firstPart(codes), which finds candidates to re-rank by their vectors, or codes of another kind than "residual".',
    });
  }
  const holds = bytesPerCode * 8 >= bits && data.length === rows * bytesPerCode;
  if (holds && Number.isSafeInteger(bits) && bits > 0) return;
  throw new BitryoshkaError({
    code: 'dimension-mismatch',
    message: `codes: got ${data.length} bytes, ${bytesPerCode} for each of ${rows} codes of ${bits} bits, expected bytes that hold them.`,
    remedy: 'Pass codes as a quantizer or packSigns makes them.',
  });
}
