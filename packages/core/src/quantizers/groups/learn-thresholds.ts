import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { Adam } from '../../training/adam.ts';
import { nearestNeighbours } from '../../training/exact-neighbours.ts';
import { drawSimilarityBatch } from '../../training/similarity-batches.ts';
import { similarityLoss } from '../../training/similarity-loss.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { selectRows } from '../../vectors/matrix.ts';
import { seededRandom } from '../../vectors/random.ts';
import type { ArrangedLayout } from './arrange-layout.ts';
import type { GroupLayout } from './group-quantizer.ts';
import { groupValues } from './group-quantizer.ts';
import type { Trial } from './trial.ts';
import { columnSpreads } from './trial.ts';

export interface LearnOptions extends TaskOptions {
  readonly seed: number;
}

const maximumSteps = 400;
/** Few vectors are soon learned by heart. */
const stepsPerVector = 0.4;
/** Steps between two looks at the held-out recall, and looks without a new best before giving up. */
const stepsPerLook = 20;
const patience = 6;
/** First step length: of thresholds in standard deviations, of weights and the scale absolute. */
const thresholdRate = 0.04;
const weightRate = 0.01;
const scaleRate = 0.01;
const startScale = 15;
const neighbourCount = 32;
const batch = { queries: 64, documents: 256, neighbours: 6 } as const;
/** Keeps dimensions that do not vary apart from zero. */
const smallestSpread = 1e-6;

/**
 * Descends the similarity loss on the thresholds (and under `linear` the weights) of a layout, and
 * returns those with the best recall on held-out documents that were met on the way, the first ones
 * included. Without held-out documents nothing is learned.
 */
export async function learnThresholds(
  start: ArrangedLayout,
  trial: Trial,
  options: LearnOptions,
): Promise<ArrangedLayout> {
  const { vectors, values, recall } = trial;
  if (!recall) return start;
  const neighbours = await nearestNeighbours(vectors, neighbourCount, options);
  const random = seededRandom(options.seed + 1);
  const steps = Math.min(maximumSteps, Math.ceil(stepsPerVector * vectors.rows));
  const columns = columnSpreads(values);
  const spreads = Float32Array.from(start.layout.dimensions, (dimension) =>
    Math.max(columns[dimension], smallestSpread),
  );
  const bitScales = inverseBitSpreads(start.layout, spreads);
  const weights = start.layout.weights.slice();
  const layout = { ...start.layout, weights };
  // In standard deviations, so that one rate fits all.
  const parameters = start.thresholds.map((threshold, m) => threshold / spreads[m]);
  const thresholdsNow = (): Float32Array => parameters.map((value, m) => value * spreads[m]);
  const logScale = Float32Array.of(Math.log(startScale));
  const thresholdAdam = new Adam(parameters);
  const weightAdam = new Adam(weights);
  const scaleAdam = new Adam(logScale);

  let best = start;
  let bestRecall = recall(start.layout, start.thresholds);
  let looksSinceBest = 0;
  for (let step = 1; step <= steps && looksSinceBest < patience; step++) {
    if (step % stepsPerLook === 1) {
      await checkpoint(options, { stage: 'fit', done: step - 1, total: steps });
    }
    const thresholds = thresholdsNow();
    const { queries, documents, target } = drawSimilarityBatch(
      vectors,
      { vectors, neighbours },
      random,
      batch,
    );
    const [queryValues, documentValues] = [queries, documents].map((rows) =>
      selectRows(values, rows),
    );
    const real = (of: Matrix): Matrix =>
      scaleColumns(groupValues(of, layout, thresholds), bitScales);
    const { queryGradient, documentGradient, scaleGradient } = similarityLoss(
      { queries, documents, target },
      real(queryValues),
      real(documentValues),
      logScale[0],
    );
    const sums = {
      thresholds: new Float32Array(parameters.length),
      weights: new Float32Array(parameters.length),
    };
    for (const [of, gradient] of [
      [queryValues, queryGradient],
      [documentValues, documentGradient],
    ] as const) {
      addGroupGradients(of, layout, thresholds, scaleColumns(gradient, bitScales), sums);
    }
    const decay = 1 - (step - 1) / steps;
    const byParameter = sums.thresholds.map((sum, m) => sum * spreads[m]);
    thresholdAdam.step(byParameter, decay * thresholdRate);
    if (layout.rule === 'linear') weightAdam.step(sums.weights, decay * weightRate);
    scaleAdam.step(Float32Array.of(scaleGradient), scaleRate);

    if (step % stepsPerLook === 0) {
      const met = { layout: { ...layout, weights: weights.slice() }, thresholds: thresholdsNow() };
      const metRecall = recall(met.layout, met.thresholds);
      looksSinceBest++;
      if (metRecall > bestRecall) [best, bestRecall, looksSinceBest] = [met, metRecall, 0];
    }
  }
  options.onProgress?.({ stage: 'fit', done: steps, total: steps });
  return best;
}

/** One over the mean spread of each bit's members. */
function inverseBitSpreads({ offsets }: GroupLayout, spreads: Float32Array): Float32Array {
  return Float32Array.from({ length: offsets.length - 1 }, (_, bit) => {
    const members = spreads.subarray(offsets[bit], offsets[bit + 1]);
    return members.length / members.reduce((sum, spread) => sum + spread, 0);
  });
}

/** In place. */
function scaleColumns(matrix: Matrix, factors: Float32Array): Matrix {
  for (let p = 0; p < matrix.data.length; p++) matrix.data[p] *= factors[p % matrix.columns];
  return matrix;
}

/** Sums over rows, one value per member. */
interface GroupGradients {
  readonly thresholds: Float32Array;
  readonly weights: Float32Array;
}

/**
 * Adds to `sums` how a loss changes with thresholds and weights, given how it changes with the real
 * values of {@link groupValues}. Of `or` only the member that decided the value gets a share.
 *
 * @param gradient by the real values, `rows x bits`
 */
export function addGroupGradients(
  values: Matrix,
  layout: GroupLayout,
  thresholds: Float32Array,
  gradient: Matrix,
  sums: GroupGradients,
): void {
  const { rule, offsets, dimensions, signs, weights } = layout;
  const bits = offsets.length - 1;
  for (let i = 0; i < values.rows; i++) {
    const from = i * values.columns;
    for (let bit = 0; bit < bits; bit++) {
      const slope = gradient.data[i * bits + bit];
      if (slope === 0) continue;
      if (offsets[bit + 1] - offsets[bit] === 1) {
        // A weight of its own changes nothing about the sign of a lone member, so it stays as it is.
        sums.thresholds[offsets[bit]] -= slope * weights[offsets[bit]];
        continue;
      }
      let most = -Infinity;
      let deciding = -1;
      for (let m = offsets[bit]; m < offsets[bit + 1]; m++) {
        if (thresholds[m] === Infinity) continue;
        const centred = signs[m] * values.data[from + dimensions[m]] - thresholds[m];
        if (rule === 'linear') {
          sums.thresholds[m] -= slope * weights[m];
          sums.weights[m] += slope * centred;
        } else if (centred > most) {
          [most, deciding] = [centred, m];
        }
      }
      if (deciding >= 0) sums.thresholds[deciding] -= slope;
    }
  }
}

/** Members that are above their threshold for fewer vectors than this may go. */
const rareShares = [0, 0.01, 0.03, 0.1];

/**
 * Raises the thresholds of members of groups that hardly ever fire to infinity, as many as held-out
 * recall allows: what is rare and alone in saying something is often noise.
 */
export function dropMembers(start: ArrangedLayout, { values, recall }: Trial): ArrangedLayout {
  if (!recall) return start;
  const fired = firedShares(values, start);
  let best = start;
  let bestRecall = recall(start.layout, start.thresholds);
  for (const share of rareShares) {
    const thresholds = start.thresholds.map((threshold, m) =>
      fired[m] <= share && isInGroup(start.layout, m) ? Infinity : threshold,
    );
    const withoutThem = recall(start.layout, thresholds);
    if (withoutThem >= bestRecall) {
      best = { layout: start.layout, thresholds };
      bestRecall = withoutThem;
    }
  }
  return best;
}

function firedShares(values: Matrix, { layout, thresholds }: ArrangedLayout): Float32Array {
  const { dimensions, signs } = layout;
  return Float32Array.from(dimensions, (dimension, m) => {
    let count = 0;
    for (let p = dimension; p < values.data.length; p += values.columns) {
      if (signs[m] * values.data[p] > thresholds[m]) count++;
    }
    return count / values.rows;
  });
}

function isInGroup({ offsets }: GroupLayout, member: number): boolean {
  const bit = offsets.findLastIndex((offset) => offset <= member);
  return offsets[bit + 1] - offsets[bit] > 1;
}
