import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { Adam } from '../../training/adam.ts';
import type { Meeting } from '../../training/cross-entropy.ts';
import type { Askers } from '../../training/similarity-batches.ts';
import { drawRows, softmaxRows } from '../../training/similarity-batches.ts';
import { similarityLoss } from '../../training/similarity-loss.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows, zeros } from '../../vectors/matrix.ts';
import type { Random } from '../../vectors/random.ts';
import { columnMeans } from '../../vectors/statistics.ts';
import type { Thresholds } from '../affine-quantizer.ts';

/** Queries made from documents, row by row, to learn from. */
interface TrainingQueries extends Askers {
  /** The values of these that thresholds cut. */
  readonly values: Matrix;
}

export interface DescentOptions extends TaskOptions {
  /** Unit vectors. */
  readonly documents: Matrix;
  /** The values of these that thresholds cut. */
  readonly values: Matrix;
  readonly queries: TrainingQueries;
  readonly start: Thresholds;
  /** Whether each side has thresholds of its own; otherwise the start's are the same on both. */
  readonly perSide: boolean;
  /** How good thresholds are on vectors that are not trained on; higher is better, 1 is perfect. */
  readonly measure: (thresholds: Thresholds) => number;
  readonly random: Random;
}

/** Half of what trained codes learn from in a step: thresholds are few and need no finer gradient. */
const batchSize = { queries: 32, documents: 192, neighbours: 8 };
const temperature = 0.05;
const steps = 800;
/** Of the first step, in spreads of the values; it falls to 0 along half a cosine. */
const firstRate = 0.01;
const scaleRate = 0.01;
const firstLogScale = Math.log(15);
const stepsBetweenMeasures = 25;
/** Measures without a better one before it gives up. */
const patience = 12;
/**
 * Weight of the newest thresholds in the running average that is measured and returned: single steps
 * jump with their batch (Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging",
 * SIAM Journal on Control and Optimization 30, 1992).
 */
const averaging = 0.02;

/**
 * Moves thresholds downhill on the similarity loss of the codes, with straight-through gradients, and
 * returns the best that were measured, the start among them.
 */
export async function descendThresholds(options: DescentOptions): Promise<Thresholds> {
  const { documents, queries, start, perSide, measure, random } = options;
  const spread = spreadOf(options.values);
  const documentValues = scaled(options.values, spread);
  const queryValues = scaled(queries.values, spread);
  const document = new DescendingOffsets(start.document, spread);
  const query = perSide ? new DescendingOffsets(start.query, spread) : document;
  const logScale = Float32Array.of(firstLogScale);
  const scaleAdam = new Adam(logScale);

  let best = start;
  let bestScore = measure(start);
  let measuresSinceBest = 0;
  for (let step = 0; step <= steps; step++) {
    if (step % stepsBetweenMeasures === 0) {
      await checkpoint(options, { stage: 'thresholds', done: step, total: steps });
      const thresholds = { document: document.average(), query: query.average() };
      const score = step === 0 ? bestScore : measure(thresholds);
      measuresSinceBest++;
      if (score > bestScore) {
        best = thresholds;
        bestScore = score;
        measuresSinceBest = 0;
      }
      if (step === steps || bestScore === 1 || measuresSinceBest > patience) break;
    }
    const batch = drawBatch(queries, documents, random);
    const { queryGradient, documentGradient, scaleGradient } = similarityLoss(
      batch,
      subtractFromRows(selectRows(queryValues, batch.queries), query.values),
      subtractFromRows(selectRows(documentValues, batch.documents), document.values),
      logScale[0],
    );
    const rate = (firstRate * (1 + Math.cos((Math.PI * step) / steps))) / 2;
    if (perSide) {
      document.step([documentGradient], rate);
      query.step([queryGradient], rate);
    } else {
      document.step([documentGradient, queryGradient], rate);
    }
    scaleAdam.step(Float32Array.of(scaleGradient), scaleRate);
  }
  return best;
}

/** No query is compared with the document that it was made from. */
function drawBatch(queries: TrainingQueries, documents: Matrix, random: Random): Meeting {
  const { asked, rows } = drawRows(documents.rows, queries, random, batchSize);
  const target = matrixKernel().multiplyTransposed(
    selectRows(queries.vectors, asked),
    selectRows(documents, rows),
  );
  for (let p = 0; p < target.data.length; p++) target.data[p] /= temperature;
  softmaxRows(target, asked, rows);
  return { queries: asked, documents: rows, target };
}

/** Thresholds in spreads of the values, so that one rate fits all vectors. */
class DescendingOffsets {
  readonly values: Float32Array;
  readonly #average: Float32Array;
  readonly #adam: Adam;
  readonly #spread: number;
  #steps = 0;

  constructor(thresholds: Float32Array, spread: number) {
    this.values = thresholds.map((threshold) => threshold / spread);
    this.#average = this.values.slice();
    this.#adam = new Adam(this.values);
    this.#spread = spread;
  }

  /** @param gradients by real values, from which the offsets are subtracted */
  step(gradients: readonly Matrix[], rate: number): void {
    const gradient = new Float32Array(this.values.length);
    for (const { rows, columns, data } of gradients) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) gradient[j] -= data[i * columns + j];
      }
    }
    this.#adam.step(gradient, rate);
    this.#steps++;
    const weight = Math.max(averaging, 1 / this.#steps);
    for (let j = 0; j < gradient.length; j++) {
      this.#average[j] += weight * (this.values[j] - this.#average[j]);
    }
  }

  average(): Float32Array {
    return this.#average.map((offset) => offset * this.#spread);
  }
}

/** Root mean square distance from the mean of the column; 1 when there is none. */
function spreadOf(values: Matrix): number {
  const { data } = subtractFromRows(values, columnMeans(values));
  return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length) || 1;
}

function scaled(values: Matrix, spread: number): Matrix {
  return { ...values, data: values.data.map((value) => value / spread) };
}

/** A copy with `offsets[j]` taken from column j of every row. */
export function subtractFromRows(matrix: Matrix, offsets: Float32Array): Matrix {
  const { rows, columns, data } = matrix;
  const result = zeros(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      result.data[i * columns + j] = data[i * columns + j] - offsets[j];
    }
  }
  return result;
}
