import type { Codes } from '../codes/codes.ts';
import { zeroCodes } from '../codes/codes.ts';

/**
 * The leading bits of codes of kind `residual`, which are codes by themselves: `firstBits` of them. Other codes as they
 * are.
 */
export function firstPart(codes: Codes): Codes {
  const { rows, firstBits, bytesPerCode, data } = codes;
  if (firstBits === undefined) return codes;
  const part = zeroCodes(rows, firstBits);
  for (let i = 0; i < rows; i++) {
    const from = i * bytesPerCode;
    part.data.set(data.subarray(from, from + firstBits / 8), i * part.bytesPerCode);
  }
  return part;
}
