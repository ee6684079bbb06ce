import { truncateMatryoshka } from '../../transforms/matryoshka.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { bytesPerVector } from '../bytes-per-vector.ts';
import type { Baseline } from './baseline.ts';
import { baselineName } from './baseline-name.ts';

/**
 * The leading dimensions of vectors in 8 bits each, with a scale per vector that makes its largest value
 * 127. The query stays in float32.
 *
 * @throws BitryoshkaError `invalid-option` for dimensions that the vectors do not have
 */
export function int8Baseline(documents: Matrix, dimensions: number): Baseline {
  const { data, scales } = quantize(truncateMatryoshka(documents, { dimensions }));
  return {
    name: baselineName('int8', dimensions, documents.columns),
    bits: 8 * dimensions,
    bytesPerVector: bytesPerVector('int8', dimensions),
    score: (query) => {
      const asked = { rows: 1, columns: query.length, data: query };
      const unit = truncateMatryoshka(asked, { dimensions }).data;
      const scores = new Float64Array(scales.length);
      for (let i = 0, offset = 0; i < scores.length; i++, offset += dimensions) {
        let sum = 0;
        for (let j = 0; j < dimensions; j++) sum += unit[j] * data[offset + j];
        scores[i] = sum * scales[i];
      }
      return scores;
    },
  };
}

function quantize({ rows, columns, data }: Matrix): { data: Int8Array; scales: Float32Array } {
  const quantized = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let i = 0, offset = 0; i < rows; i++, offset += columns) {
    let largest = 0;
    for (let j = offset; j < offset + columns; j++) largest = Math.max(largest, Math.abs(data[j]));
    if (largest === 0) continue;
    scales[i] = largest / 127;
    for (let j = offset; j < offset + columns; j++) {
      quantized[j] = Math.round((data[j] / largest) * 127);
    }
  }
  return { data: quantized, scales };
}
