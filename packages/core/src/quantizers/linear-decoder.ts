import type { Codes } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import type { Tensor } from '../format/safetensors.ts';
import { defaultKernel } from '../kernels/default-kernel.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import { fitRidgeRegression } from '../transforms/ridge-regression.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, rowRange, transpose } from '../vectors/matrix.ts';
import { inverseNorm } from '../vectors/normalize.ts';

/** Rows that are decoded at a time, to bound the memory. */
const blockRows = 4096;
/** One byte per document. */
const norms = 255;

/** What a query is to a decoder: its cosine with a decoded code is (values · b + constant) / |decoded|. */
export interface DecodedQuery {
  /** One per bit. */
  readonly values: Float32Array;
  readonly constant: number;
}

/**
 * Restores vectors from codes: x ≈ G b + c for the code b of -1 and 1. A query is multiplied with G once,
 * and then scores every code in the space of the vectors at the price of a sum over bits.
 */
export class LinearDecoder {
  /** G and c. */
  readonly map: AffineMap;
  /** The smallest and largest length of a decoded document: the scale of the lengths kept in a byte. */
  readonly normRange: readonly [smallest: number, largest: number];
  /** Gᵀ: one row per bit. */
  readonly #bitVectors: Matrix;

  constructor(map: AffineMap, normRange: readonly [smallest: number, largest: number]) {
    this.map = map;
    this.normRange = normRange;
    this.#bitVectors = transpose(map.weights as Matrix);
  }

  /** Least squares of the vectors on their codes. */
  static fit(codes: Codes, vectors: Matrix): LinearDecoder {
    const map = fitRidgeRegression(unpackSigns(codes), vectors);
    const unscaled = new LinearDecoder(map, [0, 1]);
    let smallest = Infinity;
    let largest = 0;
    unscaled.#eachNorm(codes, (_, norm) => {
      smallest = Math.min(smallest, norm);
      largest = Math.max(largest, norm);
    });
    // In float32, as it is saved.
    return new LinearDecoder(map, [Math.fround(smallest), Math.fround(largest)]);
  }

  /** The vectors that the codes stand for, not of unit length. */
  decode(codes: Codes): Matrix {
    return applyAffineMap(this.map, unpackSigns(codes));
  }

  query(vector: Float32Array): DecodedQuery {
    const matrix = { rows: 1, columns: vector.length, data: vector };
    const values = defaultKernel().multiplyTransposed(matrix, this.#bitVectors).data;
    const constant = this.map.bias.reduce((sum, value, j) => sum + value * vector[j], 0);
    return { values, constant };
  }

  /** The lengths of the decoded codes, a byte each: linear between the two of `normRange`. */
  encodeNorms(codes: Codes): Uint8Array {
    const [smallest, largest] = this.normRange;
    const step = (largest - smallest) / norms || 1;
    const bytes = new Uint8Array(codes.rows);
    this.#eachNorm(codes, (i, norm) => {
      bytes[i] = Math.min(norms, Math.max(0, Math.round((norm - smallest) / step)));
    });
    return bytes;
  }

  /** 1 / length for each of the 256 bytes that `encodeNorms` may give; 0 for no length at all. */
  inverseNorms(): Float32Array {
    const [smallest, largest] = this.normRange;
    return Float32Array.from({ length: norms + 1 }, (_, byte) => {
      const norm = smallest + ((largest - smallest) * byte) / norms;
      return norm > 0 ? 1 / norm : 0;
    });
  }

  /** The arrays of a file. */
  tensors(): Record<string, Tensor> {
    const { weights, bias, inputDimensions } = this.map;
    return {
      decoder_weights: { shape: [bias.length, inputDimensions], data: (weights as Matrix).data },
      decoder_bias: { shape: [bias.length], data: bias },
      decoder_norm_range: { shape: [2], data: Float32Array.from(this.normRange) },
    };
  }

  #eachNorm(codes: Codes, visit: (row: number, norm: number) => void): void {
    const signs = unpackSigns(codes);
    for (let start = 0; start < codes.rows; start += blockRows) {
      const end = Math.min(codes.rows, start + blockRows);
      const decoded = applyAffineMap(this.map, rowRange(signs, start, end));
      for (let i = 0; i < decoded.rows; i++) {
        const inverse = inverseNorm(row(decoded, i), 0, decoded.columns);
        visit(start + i, inverse > 0 ? 1 / inverse : 0);
      }
    }
  }
}
