import type { Codes } from '../../codes/codes.ts';
import type { Tensor } from '../../format/safetensors.ts';
import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../../kernels/matrix/multiplier.ts';
import type { Steps } from '../../progress/steps.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { leftOf, row, transpose, zeros } from '../../vectors/matrix.ts';
import type { NormRange, QueryByBytes } from '../decoder.ts';
import { loadNormRange, NormedDecoder, normRangeTensor } from '../normed-decoder.ts';
import type { QuantizerFile } from '../quantizer-file.ts';
import { matrixTensor } from '../quantizer-file.ts';

const sweeps = 3;
/** As many vectors without any deviation from the linear decoder are imagined behind every codebook vector. */
const imagined = 100;

/**
 * Restores vectors from codes byte by byte: x ≈ Σ B_m[v_m], where v_m is the m-th byte of the code and B_m
 * are 256 vectors, its codebook. A query is multiplied with all of them once; then every code costs a
 * look-up per byte.
 *
 * Source: additive quantization, Babenko and Lempitsky, "Additive Quantization for Extreme Vector
 * Compression", CVPR 2014.
 */
export class AdditiveDecoder extends NormedDecoder {
  /** B: 256 rows for every byte of a code. */
  readonly codebooks: Matrix;
  #multiply: Multiplier | undefined;

  constructor(codebooks: Matrix, normRange: NormRange) {
    super(normRange);
    this.codebooks = codebooks;
  }

  override decode(codes: Codes): Matrix {
    const decoded = zeros(codes.rows, this.codebooks.columns);
    const bytes = this.codebooks.rows / 256;
    for (let i = 0; i < codes.rows; i++) {
      const own = row(decoded, i);
      for (let byte = 0; byte < bytes; byte++) {
        const added = row(this.codebooks, byte * 256 + codes.data[i * codes.bytesPerCode + byte]);
        for (let j = 0; j < own.length; j++) own[j] += added[j];
      }
    }
    return decoded;
  }

  override query(vector: Float32Array): QueryByBytes {
    this.#multiply ??= matrixKernel().createMultiplier(this.codebooks);
    const { data } = this.#multiply({ rows: 1, columns: vector.length, data: vector });
    return { tables: data, constant: 0 };
  }

  /** The arrays of a file. */
  tensors(): Record<string, Tensor> {
    return {
      codebooks: matrixTensor(this.codebooks),
      ...normRangeTensor('codebooks', this.normRange),
    };
  }
}

/** @throws BitryoshkaError `invalid-file` */
export function loadAdditiveDecoder(file: QuantizerFile): AdditiveDecoder {
  const books = file.matrix('codebooks', file.bits * 32, file.inputDimensions);
  return new AdditiveDecoder(books, loadNormRange(file, 'codebooks'));
}

/**
 * 256 vectors for every byte of a code, which restore vectors as sums: those of a linear decoder, each
 * moved by what the vectors whose codes have this byte are off, on average.
 *
 * Byte by byte in turns, like coordinate descent of ridge regression on the indicators of the bytes.
 *
 * @param signs the codes as -1 and 1, one row per vector: a multiple of 8 columns
 * @param linear the decoder of least squares of these codes
 * @returns `32 x bits` rows: 256 for each byte; the bias is part of the first byte's
 */
export function* fitCodebooks(signs: Matrix, vectors: Matrix, linear: AffineMap): Steps<Matrix> {
  const bytes = bytesOf(signs);
  const bytesPerRow = signs.columns / 8;
  const { columns } = vectors;
  const books = zeros(bytesPerRow * 256, columns);
  const residuals = leftOf(vectors, applyAffineMap(linear, signs));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let byte = 0; byte < bytesPerRow; byte++) {
      fitBook(residuals, bytes, bytesPerRow, byte, books);
      yield;
    }
  }
  addLinear(books, linear);
  return books;
}

/** The deviations of one byte's vectors, everything else as it is. */
function fitBook(
  residuals: Matrix,
  bytes: Uint8Array,
  bytesPerRow: number,
  byte: number,
  books: Matrix,
): void {
  const { columns } = books;
  const first = byte * 256;
  const sums = zeros(256, columns);
  const counts = new Uint32Array(256);
  for (let i = 0, at = byte; i < residuals.rows; i++, at += bytesPerRow) {
    const value = bytes[at];
    counts[value]++;
    addTo(row(residuals, i), row(books, first + value), 1);
    addTo(row(sums, value), row(residuals, i), 1);
  }
  for (let value = 0; value < 256; value++) {
    const own = row(books, first + value);
    const sum = row(sums, value);
    for (let j = 0; j < columns; j++) own[j] = sum[j] / (counts[value] + imagined);
  }
  for (let i = 0, at = byte; i < residuals.rows; i++, at += bytesPerRow) {
    addTo(row(residuals, i), row(books, first + bytes[at]), -1);
  }
}

function addTo(to: Float32Array, addends: Float32Array, factor: number): void {
  for (let j = 0; j < to.length; j++) to[j] += factor * addends[j];
}

/** What a linear decoder makes of each byte. */
function addLinear(books: Matrix, { weights, bias }: AffineMap): void {
  const bitVectors = transpose(weights as Matrix);
  for (let i = 0; i < books.rows; i++) {
    const own = row(books, i);
    if (i < 256) addTo(own, bias, 1);
    for (let bit = 0; bit < 8; bit++) {
      addTo(own, row(bitVectors, (i >> 8) * 8 + bit), (i >> bit) & 1 ? 1 : -1);
    }
  }
}

/** Codes of -1 and 1, a multiple of 8 columns, as bytes without padding. */
export function bytesOf({ data }: Matrix): Uint8Array {
  const bytes = new Uint8Array(data.length / 8);
  for (let p = 0; p < data.length; p++) if (data[p] > 0) bytes[p >> 3] |= 1 << (p & 7);
  return bytes;
}
