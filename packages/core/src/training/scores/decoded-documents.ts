import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { DecoderWeights } from '../code-model.ts';

/** Cosines, and what they are made from. */
interface DecodedCosines {
  /** `queries x documents`. */
  readonly values: Matrix;
  /** G q, `queries x bits`. */
  readonly queryValues: Matrix;
}

/** Decoded documents, none of which is there. */
export interface DecodedDocuments {
  /** b G Gᵀ, `documents x bits`. */
  readonly turned: Matrix;
  /** G c, by bit. */
  readonly offsets: Float32Array;
  /** 1 / |b G + c|, by document. */
  readonly inverseNorms: Float32Array;
  /** Cosines of unit vectors and the documents. */
  readonly cosines: (queries: Matrix) => DecodedCosines;
}

/**
 * What codes are decoded to, for queries to be compared with.
 *
 * No document is decoded: q · (b G + c) is (G q) · b + q · c, and the length of a decoded vector follows
 * from GGᵀ. So most products are as wide as codes, not as vectors.
 *
 * @param codes -1 and 1, or what stands for them, as many as the decoder has bits
 */
export function decodedDocuments(
  codes: Matrix,
  { bitVectors, bias }: DecoderWeights,
): DecodedDocuments {
  const kernel = matrixKernel();
  const bits = codes.columns;
  const centre: Matrix = { rows: 1, columns: bias.length, data: bias };
  const gram = kernel.multiplyTransposed(bitVectors, bitVectors);
  const offsets = kernel.multiplyTransposed(centre, bitVectors).data;
  const squaredCentre = bias.reduce((sum, value) => sum + value * value, 0);
  const turned = kernel.multiply(codes, gram);
  const [ownCodes, ownTurned] = [codes.data, turned.data];
  const inverseNorms = new Float32Array(codes.rows);
  for (let j = 0, p = 0; j < codes.rows; j++) {
    let squared = squaredCentre;
    for (let l = 0; l < bits; l++, p++) squared += ownCodes[p] * (ownTurned[p] + 2 * offsets[l]);
    inverseNorms[j] = 1 / Math.sqrt(Math.max(squared, 1e-12));
  }
  return {
    turned,
    offsets,
    inverseNorms,
    cosines(queries) {
      const queryValues = kernel.multiplyTransposed(queries, bitVectors);
      const constants = kernel.multiplyTransposed(queries, centre).data;
      const values = kernel.multiplyTransposed(queryValues, codes);
      const { rows, columns, data } = values;
      for (let i = 0, p = 0; i < rows; i++) {
        const constant = constants[i];
        for (let j = 0; j < columns; j++, p++) data[p] = (data[p] + constant) * inverseNorms[j];
      }
      return { values, queryValues };
    },
  };
}
