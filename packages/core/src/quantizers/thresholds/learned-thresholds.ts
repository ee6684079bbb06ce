import { packSigns } from '../../codes/codes.ts';
import { candidateRecall } from '../../training/candidate-recall.ts';
import { nearestDocuments } from '../../training/exact-neighbours.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import { holdOutRows } from '../../vectors/hold-out-rows.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows, stackRows } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { Random } from '../../vectors/random.ts';
import { gaussian, sampleIndices, seededRandom } from '../../vectors/random.ts';
import { columnMeans, columnMedians } from '../../vectors/statistics.ts';
import type { Thresholds } from '../affine-quantizer.ts';
import type { FitterOptions } from '../fitter.ts';
import { descendThresholds, subtractFromRows } from './descend-thresholds.ts';
import { shrinkTowards } from './shrinkage.ts';

/** Documents to learn from; more change thresholds little and cost time. */
const maxDocuments = 5000;
const heldOutDocuments = { share: 0.15, most: 500 };
const heldOutQueries = { share: 0.25, most: 500 };
/** Float neighbours that count, and candidates that the float vectors would re-rank. */
const neighbourCount = 10;
const rerankDepth = 40;
const trainingNeighbours = 32;

/**
 * One threshold per dimension, descended on the similarity loss; with queries, thresholds of their own for these. They
 * are learned with documents that are moved to where the queries lie.
 *
 * @param map what is cut of the vectors
 */
export async function learnedThresholds(
  map: AffineMap,
  documents: Matrix,
  options: Omit<FitterOptions, 'bits'>,
): Promise<Thresholds> {
  const values = (vectors: Matrix): Matrix => applyAffineMap(map, vectors);
  const random = seededRandom(options.seed);
  const sample = selectRows(documents, sampleIndices(documents.rows, maxDocuments, random));
  const { kept: training, heldOut } = holdOutRows(sample, heldOutDocuments, random);
  // With no more documents than are re-ranked, every threshold is perfect.
  if (training.rows <= rerankDepth) {
    const [thresholds] = starts(values(sample), options.queries && values(options.queries));
    return thresholds;
  }

  const given = options.queries && holdOutRows(options.queries, heldOutQueries, random);
  const queries = given?.kept;
  const shift = shiftToQueries(training, queries);
  const standIns = pseudoQueries(heldOut, shift, random);
  const judges = given ? stackRows(standIns, given.heldOut) : standIns;
  const [trainingValues, judgeValues] = [values(training), values(judges)];
  const judged = {
    neighbours: await nearestDocuments(judges, training, neighbourCount, options),
    candidates: rerankDepth,
  };
  const measure = ({ document, query }: Thresholds): number =>
    candidateRecall(
      packSigns(subtractFromRows(trainingValues, document)),
      packSigns(subtractFromRows(judgeValues, query)),
      judged,
    );
  const vectors = pseudoQueries(training, shift, random);
  return descendThresholds({
    ...options,
    documents: training,
    values: trainingValues,
    queries: {
      vectors,
      values: values(vectors),
      neighbours: await nearestDocuments(vectors, training, trainingNeighbours, options),
    },
    start: best(starts(trainingValues, queries && values(queries)), measure),
    perSide: queries !== undefined,
    measure,
    random,
  });
}

/** Where the descent may begin; the first is taken where they cannot be told apart. */
function starts(documents: Matrix, queries: Matrix | undefined): [Thresholds, ...Thresholds[]] {
  const median = columnMedians(documents);
  const zero = new Float32Array(documents.columns);
  const same: [Thresholds, ...Thresholds[]] = [
    { document: median, query: median },
    { document: zero, query: zero },
  ];
  if (!queries) return same;
  return [{ document: median, query: shrinkTowards(median, queries, columnMedians) }, ...same];
}

function best(
  [first, ...others]: readonly [Thresholds, ...Thresholds[]],
  measure: (thresholds: Thresholds) => number,
): Thresholds {
  let found = first;
  let score = measure(first);
  for (const thresholds of others) {
    const another = measure(thresholds);
    if (another > score) [found, score] = [thresholds, another];
  }
  return found;
}

/** From the mean of the documents to that of the queries, as far as these are enough to tell. */
function shiftToQueries(documents: Matrix, queries: Matrix | undefined): Float32Array {
  const mean = columnMeans(documents);
  if (!queries) return mean.fill(0);
  return shrinkTowards(mean, queries, columnMeans).map((value, j) => value - mean[j]);
}

/** Length of the noise, against the unit length of a document. */
const noise = 0.25;

/**
 * Documents made to look like queries: moved to where queries lie, and blurred, because a query says
 * less than a document that answers it.
 *
 * @param documents unit vectors
 * @param shift from the mean of the documents to that of the queries
 */
function pseudoQueries(documents: Matrix, shift: Float32Array, random: Random): Matrix {
  const { columns, data } = documents;
  const deviation = noise / Math.sqrt(columns);
  return normalizeRows({
    ...documents,
    data: data.map((value, p) => value + shift[p % columns] + deviation * gaussian(random)),
  });
}
