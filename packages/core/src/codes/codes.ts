import type { Matrix } from '../vectors/matrix.ts';

/**
 * Packed binary codes, row after row. Bit `j` of a code is bit `j & 7` of its byte `j >> 3`; a code is
 * padded with zero bits to whole 64-bit words.
 */
export interface Codes {
  readonly rows: number;
  /** Bits that carry information; the padding comes after them. */
  readonly bits: number;
  /**
   * Leading bits that are a code by themselves, a multiple of 8, where what is behind them are bytes that name vectors:
   * only these bits can be counted. Absent: all can.
   */
  readonly firstBits?: number;
  /** A multiple of 8. */
  readonly bytesPerCode: number;
  readonly data: Uint8Array;
}

/** Bytes that a code of `bits` bits takes in memory. */
export function bytesPerCode(bits: number): number {
  return Math.ceil(bits / 64) * 8;
}

/** All-zero codes. */
export function zeroCodes(rows: number, bits: number): Codes {
  const bytes = bytesPerCode(bits);
  return { rows, bits, bytesPerCode: bytes, data: new Uint8Array(rows * bytes) };
}

/**
 * One bit per value: 1 where it is above zero.
 *
 * @param into all-zero codes that are written. Default: new ones
 */
export function packSigns({ rows, columns, data }: Matrix, into?: Codes): Codes {
  const codes = into ?? zeroCodes(rows, columns);
  const values = new Int32Array(data.buffer, data.byteOffset, data.length);
  const bytes = codes.data;
  for (let i = 0; i < rows; i++) {
    const end = (i + 1) * columns;
    let p = i * columns;
    let byte = i * codes.bytesPerCode;
    for (; p + 8 <= end; p += 8) {
      bytes[byte++] =
        isPositive(values[p]) |
        (isPositive(values[p + 1]) << 1) |
        (isPositive(values[p + 2]) << 2) |
        (isPositive(values[p + 3]) << 3) |
        (isPositive(values[p + 4]) << 4) |
        (isPositive(values[p + 5]) << 5) |
        (isPositive(values[p + 6]) << 6) |
        (isPositive(values[p + 7]) << 7);
    }
    for (let bit = 0; p < end; p++, bit++) bytes[byte] |= isPositive(values[p]) << bit;
  }
  return codes;
}

/**
 * 1 or 0 for the bits of a float32, which are a positive integer where it is above zero, and for -0 the one that has
 * no opposite. Without branches, which signs would lead astray every other time.
 */
function isPositive(bits: number): number {
  return (-bits & ~bits) >>> 31;
}

/** Bit `bit` of code `row`. */
export function bitAt(codes: Codes, row: number, bit: number): 0 | 1 {
  return ((codes.data[row * codes.bytesPerCode + (bit >> 3)] >> (bit & 7)) & 1) as 0 | 1;
}

/** Codes `start` to `end` (exclusive) as a view, not a copy. */
export function codeRange({ data, ...codes }: Codes, start: number, end: number): Codes {
  const { bytesPerCode: bytes } = codes;
  return { ...codes, rows: end - start, data: data.subarray(start * bytes, end * bytes) };
}
