import { defaultKernel } from '../../kernels/default-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { columnSums } from '../../vectors/statistics.ts';
import type { DecoderWeights } from '../decoder-weights.ts';
import type { Scores } from './student.ts';
import { addToLeadingColumns, leadingColumns } from './student.ts';

/**
 * Cosines of the queries and the vectors that the first bits of the documents are decoded to.
 *
 * No document is decoded: q · (b G + c) is (G q) · b + q · c, and the length of a decoded vector follows
 * from GGᵀ. So most products are as wide as codes, not as vectors.
 *
 * @param queries unit vectors
 * @param documentBits -1 and 1, or what stands for them; the leading columns are decoded
 * @param into gets gradients added: `documentBits` is absent where codes are not to be learned
 */
export function decodedScores(
  queries: Matrix,
  documentBits: Matrix,
  decoder: DecoderWeights,
  into: { readonly documentBits?: Matrix | undefined; readonly decoder: DecoderWeights },
): Scores {
  const kernel = defaultKernel();
  const { bitVectors, bias } = decoder;
  const bits = bitVectors.rows;
  const codes = leadingColumns(documentBits, bits);
  const centre: Matrix = { rows: 1, columns: bias.length, data: bias };
  const queryValues = kernel.multiplyTransposed(queries, bitVectors);
  const constants = kernel.multiplyTransposed(queries, centre).data;
  const gram = kernel.multiplyTransposed(bitVectors, bitVectors);
  const offsets = kernel.multiplyTransposed(centre, bitVectors).data;
  const squaredCentre = bias.reduce((sum, value) => sum + value * value, 0);

  const turned = kernel.multiply(codes, gram);
  const inverseNorms = new Float32Array(codes.rows);
  for (let j = 0, p = 0; j < codes.rows; j++) {
    let squared = squaredCentre;
    for (let l = 0; l < bits; l++, p++) {
      squared += codes.data[p] * (turned.data[p] + 2 * offsets[l]);
    }
    inverseNorms[j] = 1 / Math.sqrt(Math.max(squared, 1e-12));
  }
  const values = kernel.multiplyTransposed(queryValues, codes);
  for (let i = 0, p = 0; i < values.rows; i++) {
    for (let j = 0; j < values.columns; j++, p++) {
      values.data[p] = (values.data[p] + constants[i]) * inverseNorms[j];
    }
  }

  return {
    values,
    backward(byScores) {
      // By the products before they are divided by lengths, and by the squared lengths.
      const byProducts: Matrix = { ...byScores, data: byScores.data.slice() };
      const bySquares = new Float32Array(codes.rows);
      const byConstants = new Float32Array(queries.rows);
      for (let i = 0, p = 0; i < byScores.rows; i++) {
        for (let j = 0; j < byScores.columns; j++, p++) {
          const inverse = inverseNorms[j];
          byProducts.data[p] *= inverse;
          byConstants[i] += byProducts.data[p];
          bySquares[j] -= 0.5 * byScores.data[p] * values.data[p] * inverse * inverse;
        }
      }
      if (into.documentBits) {
        const byCodes = kernel.multiplyTransposeOf(byProducts, queryValues);
        for (let j = 0, p = 0; j < codes.rows; j++) {
          for (let l = 0; l < bits; l++, p++) {
            byCodes.data[p] += 2 * bySquares[j] * (turned.data[p] + offsets[l]);
          }
        }
        addToLeadingColumns(into.documentBits, byCodes);
      }

      const weighted: Matrix = { ...codes, data: codes.data.slice() };
      for (let j = 0, p = 0; j < codes.rows; j++) {
        for (let l = 0; l < bits; l++, p++) weighted.data[p] *= bySquares[j];
      }
      const byQueryValues = kernel.multiply(byProducts, codes);
      const byGram = kernel.multiplyTransposeOf(weighted, codes);
      const byOffsets = columnSums(weighted).map((sum) => 2 * sum);
      const byBitVectors = kernel.multiplyTransposeOf(byQueryValues, queries);
      const throughGram = kernel.multiply(byGram, bitVectors);
      const { bitVectors: intoVectors, bias: intoBias } = into.decoder;
      const dimensions = bias.length;
      for (let l = 0, p = 0; l < bits; l++) {
        for (let j = 0; j < dimensions; j++, p++) {
          intoVectors.data[p] +=
            byBitVectors.data[p] + 2 * throughGram.data[p] + byOffsets[l] * bias[j];
          intoBias[j] += byOffsets[l] * bitVectors.data[p];
        }
      }
      const bySquaredCentre = bySquares.reduce((sum, value) => sum + value, 0);
      for (let j = 0; j < dimensions; j++) intoBias[j] += 2 * bySquaredCentre * bias[j];
      for (let i = 0, p = 0; i < queries.rows; i++) {
        for (let j = 0; j < dimensions; j++, p++) {
          intoBias[j] += byConstants[i] * queries.data[p];
        }
      }
    },
  };
}
