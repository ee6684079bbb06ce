import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, transpose, zeros } from '../../vectors/matrix.ts';
import type { Decoder } from '../decoder.ts';
import { AdditiveDecoder, bytesOf } from './additive-decoder.ts';

/** Chooses codes of unit vectors, from real values whose signs are the codes to start from. */
type CodeChooser = (vectors: Matrix, real: Matrix) => Matrix;

/**
 * The codes that reconstructions make most of, and then an additive decoder.
 *
 * @returns a function of unit vectors and the real values of their codes to start from: the fields of bits
 */
export function documentChooser(
  reconstructions: readonly AffineMap[],
  decoder: Decoder | undefined,
  bits: number,
  encoderWeight = 0,
): CodeChooser {
  const choose = codeChooser(reconstructions, bits, encoderWeight);
  if (!(decoder instanceof AdditiveDecoder)) return choose;
  const chooseFurther = additiveChooser(decoder.codebooks, encoderWeight);
  return (vectors, real) => chooseFurther(vectors, real, choose(vectors, real));
}

/** The same for one reconstruction, from the signs of a linear encoder. */
export function localFields(
  encoder: AffineMap,
  reconstruction: AffineMap,
): (vectors: Matrix) => Matrix {
  const choose = codeChooser([reconstruction], encoder.bias.length);
  return (vectors) => choose(vectors, applyAffineMap(encoder, vectors));
}

/**
 * Improves codes by what reconstructions make of them: of leading parts of a code of different lengths, each
 * reconstruction's error |x - G b - c|² counts alike. Bits change one at a time as long as the sum falls,
 * the signs of the encoder being worth a little as well. Of one reconstruction that is coordinate descent of the
 * error from the encoder's signs on.
 *
 * Source: the discrete cyclic coordinate descent of Shen et al., "Supervised Discrete Hashing", CVPR 2015,
 * on the reconstruction error of Carreira-Perpiñán and Raziperchikolaei, "Hashing with Binary
 * Autoencoders", CVPR 2015.
 *
 * @param reconstructions from codes of -1 and 1 to vectors, by length
 * @param bits length of the whole code
 * @param encoderWeight what a unit of the encoder's real value counts for, in squared distance
 * @returns a function of unit vectors and the real values of their codes to start from, which gives the
 *   fields of the bits, what each gains by being 1 rather than -1, given the others: their signs are the codes
 */
function codeChooser(
  reconstructions: readonly AffineMap[],
  bits: number,
  encoderWeight = 0,
): CodeChooser {
  const kernel = matrixKernel();
  const [first] = reconstructions as [AffineMap];
  const dimensions = first.bias.length;
  // The error as a function of the code b: b · C b - 2 b · (L x + l), and what does not depend on b.
  const linear = zeros(bits, dimensions);
  const bias = new Float32Array(bits);
  const couplings = zeros(bits, bits);
  for (const { weights, bias: centre } of reconstructions) {
    const bitVectors = transpose(weights as Matrix);
    const products = kernel.multiplyTransposed(bitVectors, bitVectors);
    const row: Matrix = { rows: 1, columns: dimensions, data: centre };
    const offsets = kernel.multiplyTransposed(row, bitVectors).data;
    for (let j = 0; j < bitVectors.rows; j++) {
      bias[j] -= offsets[j];
      for (let p = 0; p < dimensions; p++) {
        linear.data[j * dimensions + p] += bitVectors.data[j * dimensions + p];
      }
      for (let l = 0; l < bitVectors.rows; l++) {
        couplings.data[j * bits + l] += products.data[j * bitVectors.rows + l];
      }
    }
  }
  return (vectors, real) => {
    const signs = signsOf(real);
    const residuals = kernel.multiplyTransposed(vectors, linear, bias);
    if (encoderWeight !== 0) {
      for (let p = 0; p < real.data.length; p++) residuals.data[p] += encoderWeight * real.data[p];
    }
    const explained = kernel.multiply(signs, couplings);
    subtract(residuals.data, explained.data);
    return settledFields(residuals, signs, couplings);
  };
}

/** Rounds over all bits: few bits change in the second, next to none after it. */
const additiveRounds = 2;

/**
 * Improves codes by what codebooks make of them: bits change one at a time as long as |x - Σ B_m[v_m]|²
 * falls, the signs of the encoder being worth a little as well.
 *
 * @param codebooks B, as of `AdditiveDecoder`
 * @param encoderWeight as of `codeChooser`
 * @returns a function of unit vectors, the real values behind their codes and the codes to start from, as
 *   numbers whose signs they are; it gives the fields of the bits, whose signs are the codes
 */
function additiveChooser(
  codebooks: Matrix,
  encoderWeight: number,
): (vectors: Matrix, real: Matrix, start: Matrix) => Matrix {
  const descend = matrixKernel().createByteDescent(codebooks);
  return (vectors, real, start) => {
    const codes = bytesOf(start);
    const perRow = start.columns / 8;
    const residuals = { ...vectors, data: vectors.data.slice() };
    for (let i = 0; i < vectors.rows; i++) {
      const own = row(residuals, i);
      for (let byte = 0; byte < perRow; byte++) {
        const restored = row(codebooks, byte * 256 + codes[i * perRow + byte]);
        for (let j = 0; j < own.length; j++) own[j] -= restored[j];
      }
    }
    const weights = { ...real, data: real.data.map((value) => encoderWeight * value) };
    const fields = descend(residuals, codes, weights, additiveRounds);
    return settle(fields, (p) => ((codes[p >> 3] >> (p & 7)) & 1) === 1);
  };
}

/** Rounds over all bits; nearly every code comes to rest in fewer. */
const maximumRounds = 10;
/** The smallest positive float32. */
const smallestFloat = 2 ** -149;

/**
 * The fields of codes that come to rest by coordinate descent: their signs are the codes. A code that is
 * stopped before keeps its bits.
 *
 * @param residuals and `signs`, `couplings`: as of `MatrixKernel.descendSigns`, which changes the first two
 */
function settledFields(residuals: Matrix, signs: Matrix, couplings: Matrix): Matrix {
  const { fields } = matrixKernel().descendSigns(residuals, signs, couplings, maximumRounds);
  settleBySigns(fields.data, signs.data);
  return fields;
}

/** The fields with the signs of the codes, also where a bit was stopped before it could change. */
function settle(fields: Matrix, isOne: (at: number) => boolean): Matrix {
  const { data } = fields;
  for (let p = 0; p < data.length; p++) {
    if (data[p] > 0 !== isOne(p)) data[p] = isOne(p) ? smallestFloat : 0;
  }
  return fields;
}

/** As `settle`, by the bits of float32: signs would lead branches astray. */
function settleBySigns(fields: Float32Array, signs: Float32Array): void {
  const bits = new Int32Array(fields.buffer, fields.byteOffset, fields.length);
  const signBits = new Int32Array(signs.buffer, signs.byteOffset, signs.length);
  for (let p = 0; p < bits.length; p++) {
    const isPositive = (-bits[p] & ~bits[p]) >>> 31;
    const isOne = ~signBits[p] >>> 31;
    // The bits of the smallest float are 1, those of 0 are 0.
    if (isPositive !== isOne) bits[p] = isOne;
  }
}

/** 1 for what is above zero, -1 for all else: by the bits of float32, as signs would lead branches astray. */
function signsOf(real: Matrix): Matrix {
  const data = real.data.slice();
  const bits = new Int32Array(data.buffer);
  for (let p = 0; p < bits.length; p++) {
    const isPositive = (-bits[p] & ~bits[p]) >>> 31;
    bits[p] = 0xbf800000 ^ (isPositive << 31);
  }
  return { ...real, data };
}

/** Apart, so that it is compiled well. */
function subtract(from: Float32Array, values: Float32Array): void {
  for (let p = 0; p < from.length; p++) from[p] -= values[p];
}
