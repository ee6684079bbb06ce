import type { Codes } from '../codes/codes.ts';
import { codeRange } from '../codes/codes.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row } from '../vectors/matrix.ts';

/** The smallest and largest length of a decoded document: the scale of the lengths kept in a byte. */
export type NormRange = readonly [smallest: number, largest: number];

const largestByte = 255;
/** Codes that are decoded at a time, to bound the memory. */
const blockRows = 1024;

/** The lengths of what codes are decoded to. */
export function decodedNorms(codes: Codes, decode: (codes: Codes) => Matrix): Float32Array {
  const lengths = new Float32Array(codes.rows);
  for (let start = 0; start < codes.rows; start += blockRows) {
    const block = codeRange(codes, start, Math.min(codes.rows, start + blockRows));
    const decoded = decode(block);
    for (let i = 0; i < block.rows; i++) {
      let squared = 0;
      for (const value of row(decoded, i)) squared += value * value;
      lengths[start + i] = Math.sqrt(squared);
    }
  }
  return lengths;
}

/** Lengths as bytes, linear between the two of the range. */
export function normBytes(norms: Float32Array, [smallest, largest]: NormRange): Uint8Array {
  const step = (largest - smallest) / largestByte || 1;
  return Uint8Array.from(norms, (norm) =>
    Math.min(largestByte, Math.max(0, Math.round((norm - smallest) / step))),
  );
}

/** 1 / length for each byte; 0 for no length at all. */
export function inverseNormsOf([smallest, largest]: NormRange): Float32Array {
  return Float32Array.from({ length: largestByte + 1 }, (_, byte) => {
    const norm = smallest + ((largest - smallest) * byte) / largestByte;
    return norm > 0 ? 1 / norm : 0;
  });
}

/** The range widened to take in these lengths. */
export function widenedRange([smallest, largest]: NormRange, norms: Float32Array): NormRange {
  let range: NormRange = [smallest, largest];
  for (const norm of norms) range = [Math.min(range[0], norm), Math.max(range[1], norm)];
  return range;
}
