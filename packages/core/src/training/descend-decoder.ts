import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { selectRows } from '../vectors/matrix.ts';
import { seededRandom } from '../vectors/random.ts';
import { Adam } from './adam.ts';
import type { DecoderWeights } from './code-model.ts';
import { zeroDecoder } from './code-model.ts';
import { crossEntropy } from './cross-entropy.ts';
import { decodedScores } from './scores/decoded-scores.ts';
import type { Askers } from './similarity-batches.ts';
import { drawSimilarityBatch } from './similarity-batches.ts';

export interface DecoderDescentOptions extends TaskOptions {
  readonly seed: number;
  /** Default: 200 for each kind of askers. */
  readonly steps?: number | undefined;
  /** The root of the mean squared distance of the vectors from their mean. Default: 1, as of vectors all around. */
  readonly spread?: number | undefined;
}

/** Of the first step; it falls to 0 along half a cosine. Weights of unit vectors are about a fiftieth. */
const firstRate = 1e-4;
/** Of the softmax over cosines, float and decoded, where vectors are all around. */
const temperature = 0.05;
/** A step costs what its documents cost, and more of them find no more. */
const batchSize = { queries: 64, documents: 128, neighbours: 4 };

/**
 * Moves a decoder of least squares to where its scores keep the order of the float ones: the
 * cross-entropy between the softmax over a query's float cosines and that over its decoded ones, the codes
 * as they are.
 *
 * @param decoder is moved in place
 * @param signs the codes as -1 and 1, one row per vector; the decoder may be of their leading bits
 * @param vectors unit length
 * @param askers by turns: the vectors themselves, and others
 */
export async function descendDecoder(
  decoder: DecoderWeights,
  signs: Matrix,
  vectors: Matrix,
  askers: readonly Askers[],
  options: DecoderDescentOptions,
): Promise<void> {
  const { seed, steps = 200 * askers.length, spread = 1 } = options;
  // Cosines of vectors that lie close together differ by as much less as the squares of their distances do.
  const scaled = { ...batchSize, temperature: temperature * spread ** 2 };
  const logScale = -Math.log(scaled.temperature);
  const { bitVectors, bias } = decoder;
  const random = seededRandom(seed);
  const moves = [new Adam(bitVectors.data), new Adam(bias)];
  const gradient = zeroDecoder(decoder);
  for (let step = 0; step < steps; step++) {
    await checkpoint(options, { stage: 'decode', done: step, total: steps });
    const batch = drawSimilarityBatch(vectors, askers[step % askers.length], random, scaled);
    gradient.bitVectors.data.fill(0);
    gradient.bias.fill(0);
    const codes = selectRows(signs, batch.documents);
    const scores = decodedScores(batch.queryVectors, codes, decoder, { decoder: gradient });
    scores.backward(crossEntropy(batch, scores.values, logScale).gradient);
    const rate = (spread * firstRate * (1 + Math.cos((Math.PI * step) / steps))) / 2;
    moves[0].step(gradient.bitVectors.data, rate);
    moves[1].step(gradient.bias, rate);
  }
}
