import type { Codes } from '../codes/codes.ts';
import type { Tensor } from '../format/safetensors.ts';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../kernels/matrix/multiplier.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, zeros } from '../vectors/matrix.ts';
import type { Decoder, QueryByBytes } from './decoder.ts';
import type { NormRange } from './norm-bytes.ts';
import { decodedNorms, inverseNormsOf, normBytes } from './norm-bytes.ts';

/**
 * Restores vectors from codes byte by byte: x ≈ Σ B_m[v_m], where v_m is the m-th byte of the code and B_m
 * are 256 vectors, its codebook. A query is multiplied with all of them once; then every code costs a
 * look-up per byte.
 *
 * Source: additive quantization, Babenko and Lempitsky, "Additive Quantization for Extreme Vector
 * Compression", CVPR 2014.
 */
export class AdditiveDecoder implements Decoder {
  /** B: 256 rows for every byte of a code. */
  readonly codebooks: Matrix;
  readonly normRange: NormRange;
  #multiply: Multiplier | undefined;
  #inverseNorms: Float32Array | undefined;

  constructor(codebooks: Matrix, normRange: NormRange) {
    this.codebooks = codebooks;
    this.normRange = normRange;
  }

  decode(codes: Codes): Matrix {
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

  query(vector: Float32Array): QueryByBytes {
    this.#multiply ??= matrixKernel().createMultiplier(this.codebooks);
    const { data } = this.#multiply({ rows: 1, columns: vector.length, data: vector });
    return { tables: data, constant: 0 };
  }

  norms(codes: Codes): Float32Array {
    return decodedNorms(codes, (block) => this.decode(block));
  }

  encodeNorms(codes: Codes): Uint8Array {
    return normBytes(this.norms(codes), this.normRange);
  }

  inverseNorms(): Float32Array {
    this.#inverseNorms ??= inverseNormsOf(this.normRange);
    return this.#inverseNorms;
  }

  /** The arrays of a file. */
  tensors(): Record<string, Tensor> {
    const { rows, columns, data } = this.codebooks;
    return {
      codebooks: { shape: [rows, columns], data },
      codebooks_norm_range: { shape: [2], data: Float32Array.from(this.normRange) },
    };
  }
}
