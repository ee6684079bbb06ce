import { defaultKernel } from '../../kernels/default-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { columnSums } from '../../vectors/statistics.ts';
import type { DecoderWeights } from '../decoder-weights.ts';
import { decodedDocuments } from './decoded-documents.ts';
import type { Scores } from './student.ts';
import { addToLeadingColumns, leadingColumns } from './student.ts';

/**
 * Cosines of the queries and the vectors that the first bits of the documents are decoded to.
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
  const { turned, offsets, inverseNorms, cosines } = decodedDocuments(codes, decoder);
  const { values, queryValues } = cosines(queries);
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
