import { nearestDocuments } from '../../training/nearest-documents.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import { truncation } from '../../transforms/truncation.ts';
import { holdOutRows } from '../../vectors/hold-out-rows.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows } from '../../vectors/matrix.ts';
import type { Random } from '../../vectors/random.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import { columnMeans, columnMedians } from '../../vectors/statistics.ts';
import { AffineQuantizer } from '../affine-quantizer.ts';
import type { FitterOptions, QuantizerFitter } from '../quantizer-fitter.ts';
import { descendThresholds } from './descend-thresholds.ts';
import { heldOutRecall, neighbourCount, rerankDepth } from './held-out-recall.ts';
import { pseudoQueries } from './pseudo-queries.ts';
import { shrinkTowards } from './shrinkage.ts';
import type { Thresholds } from './thresholds.ts';

/** Documents to learn from; more change thresholds little and cost time. */
const maxDocuments = 5000;
const heldOutShare = 0.15;
const maxHeldOut = 500;
const heldOutQueryShare = 0.25;
const trainingNeighbours = 32;

/** `learned`: one threshold per dimension for both sides, descended on the similarity loss. */
export const fitLearnedQuantizer: QuantizerFitter = (documents, options) =>
  fit('learned', documents, { ...options, queries: undefined });

/**
 * `learned-per-side`: the same with thresholds of their own for queries. They are learned with
 * documents that are moved to where the given queries lie; without queries it is `learned`.
 */
export const fitLearnedPerSideQuantizer: QuantizerFitter = (documents, options) =>
  fit('learned-per-side', documents, options);

async function fit(
  kind: string,
  documents: Matrix,
  options: FitterOptions,
): Promise<AffineQuantizer> {
  const map = truncation(documents.columns, options.bits);
  const values = (vectors: Matrix): Matrix => applyAffineMap(map, vectors);
  const random = seededRandom(options.seed);
  const sample = selectRows(documents, sampleIndices(documents.rows, maxDocuments, random));
  const [training, heldOut] = split(sample, heldOutShare, maxHeldOut, random);
  // With no more documents than are re-ranked, every threshold is perfect.
  if (training.rows <= rerankDepth) {
    const [thresholds] = starts(values(sample), options.queries && values(options.queries));
    return new AffineQuantizer({ kind, map, thresholds });
  }

  const [queries, heldOutQueries] = options.queries
    ? split(options.queries, heldOutQueryShare, maxHeldOut, random)
    : [];
  const shift = shiftToQueries(training, queries);
  const judges = heldOutQueries
    ? concatenate(pseudoQueries(heldOut, shift, random), heldOutQueries)
    : pseudoQueries(heldOut, shift, random);
  const trainingValues = values(training);
  const judged = {
    queries: values(judges),
    documents: trainingValues,
    neighbours: await nearestDocuments(judges, training, neighbourCount, options),
  };
  const measure = (thresholds: Thresholds): number => heldOutRecall(judged, thresholds);
  const vectors = pseudoQueries(training, shift, random);
  const thresholds = await descendThresholds({
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
  return new AffineQuantizer({ kind, map, thresholds });
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

/** The rows to learn from, and a random share of them to judge by. */
function split(vectors: Matrix, share: number, most: number, random: Random): [Matrix, Matrix] {
  const { heldOut, kept } = holdOutRows(vectors.rows, { share, most }, random);
  return [selectRows(vectors, kept), selectRows(vectors, heldOut)];
}

function concatenate(a: Matrix, b: Matrix): Matrix {
  const data = new Float32Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { rows: a.rows + b.rows, columns: a.columns, data };
}
