import type { Codes } from '../../codes/codes.ts';
import type { Tensor } from '../../format/safetensors.ts';
import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../../kernels/matrix/multiplier.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, zeros } from '../../vectors/matrix.ts';
import type { QueryByBytes } from '../decoder.ts';
import type { NormRange } from '../norm-bytes.ts';
import { NormedDecoder } from '../normed-decoder.ts';

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
    const { rows, columns, data } = this.codebooks;
    return {
      codebooks: { shape: [rows, columns], data },
      codebooks_norm_range: { shape: [2], data: Float32Array.from(this.normRange) },
    };
  }
}
