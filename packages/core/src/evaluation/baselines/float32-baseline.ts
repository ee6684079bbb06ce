import { VectorRows } from '../../search/vectors/vector-rows.ts';
import { truncateMatryoshka } from '../../transforms/matryoshka.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { bytesPerVector } from '../bytes-per-vector.ts';
import type { Baseline } from './baseline.ts';
import { baselineName } from './baseline-name.ts';

/**
 * The leading dimensions of vectors in float32, scaled to unit length again: Matryoshka truncation.
 *
 * @throws BitryoshkaError `invalid-option` for dimensions that the vectors do not have
 */
export function float32Baseline(documents: Matrix, dimensions: number): Baseline {
  const stored = new VectorRows(dimensions);
  stored.append(truncateMatryoshka(documents, { dimensions }));
  const every = Uint32Array.from({ length: stored.rows }, (_, i) => i);
  return {
    name: baselineName('float32', dimensions, documents.columns),
    bits: 32 * dimensions,
    bytesPerVector: bytesPerVector('float32', dimensions),
    score: (query) => {
      const asked = { rows: 1, columns: query.length, data: query };
      const { data } = truncateMatryoshka(asked, { dimensions });
      return stored.scores(every, data);
    },
  };
}
