import { packSigns } from '../../codes/codes.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { candidateRecall } from '../../training/candidate-recall.ts';
import { nearestDocuments } from '../../training/exact-neighbours.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import { holdOutRows } from '../../vectors/hold-out-rows.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows } from '../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import { columnMeans } from '../../vectors/statistics.ts';
import type { GroupLayout } from './group-quantizer.ts';
import { groupValues } from './group-quantizer.ts';

/** More documents than this tell little more, and cost time that grows with their square. */
const maximumDocuments = 6000;
/** Of these, what stands for queries. */
const heldOutShare = { share: 0.15, most: 400 };
/** Float neighbours that codes must find, and candidates in which they may find them. */
const neighbourCount = 10;
const candidatesPerNeighbour = 4;
/** Of a small collection fewer are asked for, or every code would find them all. */
const documentsPerNeighbour = 20;

/** Vectors to learn from and vectors to try out on, before and after the map. */
export interface Trial {
  /** Unit vectors that are learned from and searched. */
  readonly vectors: Matrix;
  /** The same after the map. */
  readonly values: Matrix;
  /** Recall of a layout's codes on held-out documents; undefined where there are too few to tell. */
  readonly recall?: (layout: GroupLayout, thresholds: Float32Array) => number;
}

/**
 * Splits documents, of which it takes a sample where there are very many, for learning and trying out. A layout's
 * recall is what its codes find after as many candidates as there are neighbours, times four, are re-ranked with float
 * vectors.
 *
 * @param documents unit length
 */
export async function prepareTrial(
  documents: Matrix,
  map: AffineMap | undefined,
  seed: number,
  options: TaskOptions,
): Promise<Trial> {
  const mapped = (vectors: Matrix): Matrix => (map ? applyAffineMap(map, vectors) : vectors);
  const random = seededRandom(seed);
  const sample = selectRows(documents, sampleIndices(documents.rows, maximumDocuments, random));
  const { kept: vectors, heldOut } = holdOutRows(sample, heldOutShare, random);
  if (heldOut.rows === 0) return { vectors: documents, values: mapped(documents) };
  const count = Math.min(neighbourCount, Math.ceil(vectors.rows / documentsPerNeighbour));
  const neighbours = await nearestDocuments(heldOut, vectors, count, options);
  const candidates = (candidatesPerNeighbour * neighbours.length) / heldOut.rows;
  const [values, queries] = [mapped(vectors), mapped(heldOut)];
  return {
    vectors,
    values,
    recall: (layout, thresholds) =>
      candidateRecall(
        packSigns(groupValues(values, layout, thresholds)),
        packSigns(groupValues(queries, layout, thresholds)),
        { neighbours, candidates },
      ),
  };
}

/** Standard deviation of every column. */
export function columnSpreads(values: Matrix): Float32Array {
  const { rows, columns, data } = values;
  const means = columnMeans(values);
  const variances = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      variances[j] += (data[i * columns + j] - means[j]) ** 2 / rows;
    }
  }
  return Float32Array.from(variances, Math.sqrt);
}
