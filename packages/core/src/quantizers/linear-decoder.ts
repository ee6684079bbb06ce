import type { Codes } from '../codes/codes.ts';
import { codeRange } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import type { Tensor } from '../format/safetensors.ts';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../kernels/matrix/multiplier.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { transpose } from '../vectors/matrix.ts';
import { rowProduct } from '../vectors/row-product.ts';
import type { QueryByBits } from './decoder.ts';
import type { NormRange } from './norm-bytes.ts';
import { NormedDecoder } from './normed-decoder.ts';

/** Codes whose lengths are computed at a time, to bound the memory. */
const blockRows = 4096;

/**
 * Restores vectors from codes: x ≈ G b + c for the code b of -1 and 1. A query is multiplied with G once,
 * and then scores every code in the space of the vectors at the price of a sum over bits.
 */
export class LinearDecoder extends NormedDecoder {
  /** G and c. */
  readonly map: AffineMap;
  /** Gᵀ: one row per bit. */
  readonly #bitVectors: Matrix;
  #gram: Gram | undefined;
  #multiply: Multiplier | undefined;

  constructor(map: AffineMap, normRange: NormRange) {
    super(normRange);
    this.map = map;
    this.#bitVectors = transpose(map.weights as Matrix);
  }

  /** The vectors that the codes stand for, not of unit length. */
  override decode(codes: Codes): Matrix {
    return applyAffineMap(this.map, unpackSigns(codes));
  }

  override query(vector: Float32Array): QueryByBits {
    const matrix = { rows: 1, columns: vector.length, data: vector };
    this.#multiply ??= matrixKernel().createMultiplier(this.#bitVectors);
    const values = this.#multiply(matrix).data;
    const constant = this.map.bias.reduce((sum, value, j) => sum + value * vector[j], 0);
    return { values, constant };
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

  /**
   * The length of what each code is decoded to, without decoding it:
   * |G b + c|² = b · (GᵀG b + 2 Gᵀc) + |c|², with as many products per bit as there are bits.
   */
  override norms(codes: Codes): Float32Array {
    this.#gram ??= this.#computeGram();
    const { matrix, bias, constant } = this.#gram;
    const lengths = new Float32Array(codes.rows);
    for (let start = 0; start < codes.rows; start += blockRows) {
      const signs = unpackSigns(codeRange(codes, start, Math.min(codes.rows, start + blockRows)));
      const { columns, data } = matrixKernel().multiplyTransposed(signs, matrix, bias);
      for (let i = 0; i < signs.rows; i++) {
        const square = constant + rowProduct(data, signs.data, i * columns, columns);
        lengths[start + i] = Math.sqrt(Math.max(0, square));
      }
    }
    return lengths;
  }

  #computeGram(): Gram {
    const bitVectors = this.#bitVectors;
    const { bias: c } = this.map;
    const centre = { rows: 1, columns: c.length, data: c };
    const kernel = matrixKernel();
    return {
      matrix: kernel.multiplyTransposed(bitVectors, bitVectors),
      bias: kernel.multiplyTransposed(centre, bitVectors).data.map((value) => 2 * value),
      constant: c.reduce((sum, value) => sum + value * value, 0),
    };
  }
}

/** What the lengths of decoded codes follow from. */
interface Gram {
  /** GᵀG. */
  readonly matrix: Matrix;
  /** 2 Gᵀc. */
  readonly bias: Float32Array;
  /** |c|². */
  readonly constant: number;
}
