import type { Codes } from '../codes/codes.ts';
import { codeRange } from '../codes/codes.ts';
import type { Tensor } from '../format/safetensors.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row } from '../vectors/matrix.ts';
import type { Decoder, NormRange } from './decoder.ts';
import type { QuantizerFile } from './quantizer-file.ts';

const largestByte = 255;
/** Codes that are decoded at a time, to bound the memory. */
const blockRows = 1024;

/** What decoders have in common: the lengths of what codes are decoded to, and a byte for each. */
export abstract class NormedDecoder implements Decoder {
  readonly normRange: NormRange;
  #inverseNorms: Float32Array | undefined;

  constructor(normRange: NormRange) {
    this.normRange = normRange;
  }

  abstract decode(codes: Codes): Matrix;

  abstract query(vector: Float32Array): ReturnType<Decoder['query']>;

  norms(codes: Codes): Float32Array {
    const lengths = new Float32Array(codes.rows);
    for (let start = 0; start < codes.rows; start += blockRows) {
      const block = codeRange(codes, start, Math.min(codes.rows, start + blockRows));
      const decoded = this.decode(block);
      for (let i = 0; i < block.rows; i++) {
        let squared = 0;
        for (const value of row(decoded, i)) squared += value * value;
        lengths[start + i] = Math.sqrt(squared);
      }
    }
    return lengths;
  }

  encodeNorms(codes: Codes): Uint8Array {
    const [smallest, largest] = this.normRange;
    const step = (largest - smallest) / largestByte || 1;
    return Uint8Array.from(this.norms(codes), (norm) =>
      Math.min(largestByte, Math.max(0, Math.round((norm - smallest) / step))),
    );
  }

  inverseNorms(): Float32Array {
    const [smallest, largest] = this.normRange;
    this.#inverseNorms ??= Float32Array.from({ length: largestByte + 1 }, (_, byte) => {
      const norm = smallest + ((largest - smallest) * byte) / largestByte;
      return norm > 0 ? 1 / norm : 0;
    });
    return this.#inverseNorms;
  }
}

/** The range widened to take in these lengths. */
export function widenedRange([smallest, largest]: NormRange, norms: Float32Array): NormRange {
  let range: NormRange = [smallest, largest];
  for (const norm of norms) range = [Math.min(range[0], norm), Math.max(range[1], norm)];
  return range;
}

export function normRangeTensor(name: string, range: NormRange): Record<string, Tensor> {
  return { [`${name}_norm_range`]: { shape: [2], data: Float32Array.from(range) } };
}

export function loadNormRange(file: QuantizerFile, name: string): NormRange {
  const [smallest = 0, largest = 0] = file.floats(`${name}_norm_range`, [2]);
  return [smallest, largest];
}
