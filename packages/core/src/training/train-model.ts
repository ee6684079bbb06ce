import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Random } from '../vectors/random.ts';
import { seededRandom } from '../vectors/random.ts';
import { Adam } from './adam.ts';
import type { LossOptions, TrainingBatch } from './code-loss.ts';
import { codeLoss } from './code-loss.ts';
import type { CodeModel } from './code-model.ts';
import { modelArrays, zeroModel } from './code-model.ts';
import type { CurvePoint, TrainingState } from './training-checkpoint.ts';
import { decodeTrainingState, encodeTrainingState } from './training-checkpoint.ts';

/** A batch, and what its loss counts for. */
export interface WeightedBatch {
  readonly batch: TrainingBatch;
  readonly weight: number;
}

/** What the codes of a model are worth on vectors that it has not seen. */
interface Measured {
  /** Higher is better; what the best is kept by. */
  readonly score: number;
  readonly recall: number;
  readonly entropy: number;
}

export interface TrainModelOptions extends TaskOptions, Omit<LossOptions, 'progress' | 'random'> {
  readonly steps: number;
  /** The highest rate of the encoder and of the decoders. */
  readonly rates: { readonly encoder: number; readonly decoders: number };
  readonly seed: number;
  /** What is learned from in one step. */
  readonly draw: (random: Random) => readonly WeightedBatch[];
  /** Absent: the last step is taken for the best. */
  readonly measure?: ((model: CodeModel) => Measured) | undefined;
  /** What `onCheckpoint` was given: training goes on from there as if it had not been interrupted. */
  readonly checkpoint?: Uint8Array | undefined;
  readonly onCheckpoint?: ((checkpoint: Uint8Array) => void) | undefined;
  /** Called with every measurement. */
  readonly onMeasure?: ((point: CurvePoint) => void) | undefined;
}

/** Measurements, besides that of the start. */
const measurements = 12;
/** Measurements in a row without a better one after which training ends. */
const patience = 10;
/** Weight of the newest loss in their running mean. */
const lossAveraging = 0.05;

/**
 * Moves a model downhill, measures now and then what its binary codes find, and leaves it as it was where
 * that was best. Steps are short and events run between them.
 */
export async function trainModel(
  model: CodeModel,
  options: TrainModelOptions,
): Promise<CurvePoint[]> {
  const { steps, rates, seed, draw, measure } = options;
  const arrays = modelArrays(model);
  const parameters = [...arrays.encoder, ...arrays.decoders];
  const state = restore(parameters, options.checkpoint) ?? begin(parameters);
  const adams = parameters.map((array, i) => {
    const adam = new Adam(array, state.step);
    adam.moments[0].set(state.means[i] ?? []);
    adam.moments[1].set(state.squares[i] ?? []);
    return adam;
  });
  const curve = [...state.curve];
  let { loss, bestScore, bestAt } = state;
  const best = state.best.map((array) => array.slice());
  const interval = Math.max(1, Math.ceil(steps / measurements));

  for (let step = state.step; step <= steps; step++) {
    await checkpoint(options, { stage: 'train', done: step, total: steps });
    const isMeasured = curve[curve.length - 1]?.step === step;
    if (measure && (step % interval === 0 || step === steps) && !isMeasured) {
      const { score, recall, entropy } = measure(model);
      const point = { step, loss, recall, entropy };
      curve.push(point);
      options.onMeasure?.(point);
      if (score > bestScore) {
        bestScore = score;
        for (const [i, array] of parameters.entries()) best[i].set(array);
        bestAt = curve.length - 1;
      }
      options.onCheckpoint?.(encodeTrainingState(snapshot(step)));
    }
    if (measure && curve.length - 1 - bestAt >= patience) break;
    if (step === steps) break;
    const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1) + step);
    const gradient = zeroModel(model);
    const lossOptions = { ...options, progress: step / steps, random };
    let stepLoss = 0;
    for (const { batch, weight } of draw(random)) {
      stepLoss += codeLoss(model, batch, lossOptions, gradient, weight);
    }
    loss = step === 0 ? stepLoss : loss + lossAveraging * (stepLoss - loss);
    const gradients = modelArrays(gradient);
    const all = [...gradients.encoder, ...gradients.decoders];
    const share = oneCycle(step, steps);
    for (const [i, adam] of adams.entries()) {
      adam.step(all[i], share * (i < arrays.encoder.length ? rates.encoder : rates.decoders));
    }
  }
  if (measure) for (const [i, array] of parameters.entries()) array.set(best[i]);
  return curve;

  function snapshot(step: number): TrainingState {
    const [means, squares] = [0, 1].map((m) => adams.map(({ moments }) => moments[m as 0 | 1]));
    return { step, loss, curve, bestScore, bestAt, parameters, best, means, squares };
  }
}

function begin(parameters: readonly Float32Array[]): TrainingState {
  const best = parameters.map((array) => array.slice());
  const none = { step: 0, loss: 0, curve: [], bestScore: -Infinity, bestAt: 0 };
  return { ...none, parameters, best, means: [], squares: [] };
}

/** The state of a checkpoint, its parameters put in place. */
function restore(
  parameters: readonly Float32Array[],
  file: Uint8Array | undefined,
): TrainingState | undefined {
  if (!file) return undefined;
  const lengths = parameters.map(({ length }) => length);
  const state = decodeTrainingState(file, lengths);
  for (const [i, array] of parameters.entries()) array.set(state.parameters[i]);
  return state;
}

/** The share of the steps in which the rate rises. */
const warmUp = 0.1;

/**
 * What share of the highest rate a step takes: a cosine up from a tenth while warming up, and a cosine down
 * to nothing.
 *
 * Source: Smith and Topin, "Super-Convergence", 2018 (one cycle).
 */
function oneCycle(step: number, steps: number): number {
  const rising = warmUp * steps;
  if (step < rising) return 0.1 + 0.45 * (1 - Math.cos((Math.PI * step) / rising));
  return 0.5 * (1 + Math.cos((Math.PI * (step - rising)) / (steps - rising)));
}
