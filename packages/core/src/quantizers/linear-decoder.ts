import type { Codes } from '../codes/codes.ts';
import { codeRange } from '../codes/codes.ts';
import { unpackSigns } from '../codes/unpack-signs.ts';
import type { Tensor } from '../format/safetensors.ts';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../kernels/matrix/multiplier.ts';
import type { Steps } from '../progress/steps.ts';
import { atOnce } from '../progress/steps.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import { fitRidgeRegression } from '../transforms/ridge-regression.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { leftOf, transpose } from '../vectors/matrix.ts';
import { rowProduct } from '../vectors/row-product.ts';
import type { NormRange, QueryByBits } from './decoder.ts';
import { loadNormRange, NormedDecoder, normRangeTensor, widenedRange } from './normed-decoder.ts';
import type { QuantizerFile } from './quantizer-file.ts';
import { mapTensors } from './quantizer-file.ts';

/** Codes whose lengths are computed at a time, to bound the memory. */
const blockRows = 4096;
/** The same, while events wait. */
const rangedRows = 1024;
/** What a decoder that was fitted to other vectors counts for, in vectors. */
const priorVectors = 100;

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

  /** The arrays of a file, by the name of the decoder. */
  tensors(name = 'decoder'): Record<string, Tensor> {
    return { ...mapTensors(name, this.map), ...normRangeTensor(name, this.normRange) };
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

export function loadLinearDecoder(
  file: QuantizerFile,
  name: string = 'decoder',
  bits: number = file.bits,
): LinearDecoder {
  return new LinearDecoder(file.map(name, file.inputDimensions, bits), loadNormRange(file, name));
}

/** The decoder that restores the vectors best from their codes, by least squares. */
export function* fitLinearDecoder(codes: Codes, vectors: Matrix): Steps<LinearDecoder> {
  const signs = unpackSigns(codes);
  yield;
  return yield* withNormRange(yield* fitRidgeRegression(signs, vectors), codes);
}

/**
 * Adapts a decoder to vectors of which there may be few: what it leaves of them is fitted by ridge
 * regression, whose penalty lets it move the further the more vectors ask for it. It does not move for
 * none.
 */
export function refineLinearDecoder(
  decoder: LinearDecoder,
  codes: Codes,
  vectors: Matrix,
): LinearDecoder {
  if (vectors.rows === 0) return decoder;
  const left = leftOf(vectors, decoder.decode(codes));
  const change = atOnce(fitRidgeRegression(unpackSigns(codes), left, { penalty: priorVectors }));
  return atOnce(withNormRange(sum(decoder.map, change), codes, decoder.normRange));
}

function sum(a: AffineMap, b: AffineMap): AffineMap {
  const [weights, addends] = [a.weights as Matrix, b.weights as Matrix];
  return {
    ...a,
    weights: { ...weights, data: weights.data.map((value, p) => value + addends.data[p]) },
    bias: a.bias.map((value, j) => value + b.bias[j]),
  };
}

/** A decoder whose range of lengths takes in those of these codes. */
export function* withNormRange(
  map: AffineMap,
  codes: Codes,
  range: NormRange = [Infinity, 0],
): Steps<LinearDecoder> {
  const decoder = new LinearDecoder(map, [0, 1]);
  let widened = range;
  for (let start = 0; start < codes.rows; start += rangedRows) {
    const block = codeRange(codes, start, Math.min(codes.rows, start + rangedRows));
    widened = widenedRange(widened, decoder.norms(block));
    yield;
  }
  return new LinearDecoder(map, widened);
}
