import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { columnSums } from '../../vectors/statistics.ts';
import type { DecoderWeights } from '../code-model.ts';
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
  const kernel = matrixKernel();
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
      const bySquares = new Float64Array(codes.rows);
      const byConstants = new Float32Array(queries.rows);
      const [products, cosine] = [byProducts.data, values.data];
      for (let i = 0, p = 0; i < queries.rows; i++) {
        let sum = 0;
        for (let j = 0; j < codes.rows; j++, p++) {
          const product = products[p] * inverseNorms[j];
          products[p] = product;
          sum += product;
          bySquares[j] += product * cosine[p];
        }
        byConstants[i] = sum;
      }
      for (let j = 0; j < codes.rows; j++) bySquares[j] *= -0.5 * inverseNorms[j];
      const weighted: Matrix = { ...codes, data: codes.data.slice() };
      for (let j = 0, p = 0; j < codes.rows; j++) {
        const weight = bySquares[j];
        for (let l = 0; l < bits; l++, p++) weighted.data[p] *= weight;
      }
      if (into.documentBits) {
        const byCodes = kernel.multiplyTransposeOf(byProducts, queryValues);
        const [byCode, ownTurned] = [byCodes.data, turned.data];
        for (let j = 0, p = 0; j < codes.rows; j++) {
          const weight = 2 * bySquares[j];
          for (let l = 0; l < bits; l++, p++) byCode[p] += weight * (ownTurned[p] + offsets[l]);
        }
        addToLeadingColumns(into.documentBits, byCodes);
      }

      const byQueryValues = kernel.multiply(byProducts, codes);
      const byGram = kernel.multiplyTransposeOf(weighted, codes);
      const byOffsets = columnSums(weighted).map((sum) => 2 * sum);
      const byBitVectors = kernel.multiplyTransposeOf(byQueryValues, queries).data;
      const throughGram = kernel.multiply(byGram, bitVectors).data;
      const { bitVectors: intoVectors, bias: intoBias } = into.decoder;
      const [intoVector, bitVector] = [intoVectors.data, bitVectors.data];
      const dimensions = bias.length;
      for (let l = 0, p = 0; l < bits; l++) {
        const byOffset = byOffsets[l];
        for (let j = 0; j < dimensions; j++, p++) {
          intoVector[p] += byBitVectors[p] + 2 * throughGram[p] + byOffset * bias[j];
          intoBias[j] += byOffset * bitVector[p];
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
