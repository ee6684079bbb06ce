import { defaultKernel } from '../../kernels/default-kernel.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { Adam } from '../../training/adam.ts';
import { nearestNeighbours } from '../../training/nearest-neighbours.ts';
import type { SimilarityBatch } from '../../training/similarity-batches.ts';
import { drawSimilarityBatch, softmaxRows } from '../../training/similarity-batches.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, selectRows, transpose } from '../../vectors/matrix.ts';
import { inverseNorm } from '../../vectors/normalize.ts';
import { seededRandom } from '../../vectors/random.ts';
import { columnSums } from '../../vectors/statistics.ts';

export interface DecoderDescentOptions extends TaskOptions {
  readonly seed: number;
}

const steps = 200;
/** Of the first step; it falls to 0 along half a cosine. Weights of unit vectors are about a fiftieth. */
const firstRate = 1e-4;
/** Of the softmax over decoded cosines; as that over the float ones. */
const temperature = 0.05;
const neighbourCount = 32;
/** A step costs what its documents cost, and more of them find no more. */
const batchSize = { queries: 64, documents: 128, neighbours: 4 };

/**
 * Moves a decoder of least squares to where its scores keep the order of the float ones: the
 * cross-entropy between the softmax over a query's float cosines and that over its decoded ones, the
 * vectors themselves as queries, the codes as they are.
 *
 * @param signs the codes as -1 and 1, one row per vector
 */
export async function descendDecoder(
  decoder: AffineMap,
  signs: Matrix,
  vectors: Matrix,
  options: DecoderDescentOptions,
): Promise<AffineMap> {
  const kernel = defaultKernel();
  const weights = {
    ...(decoder.weights as Matrix),
    data: (decoder.weights as Matrix).data.slice(),
  };
  const moved: AffineMap = { ...decoder, weights, bias: decoder.bias.slice() };
  const random = seededRandom(options.seed);
  const neighbours = await nearestNeighbours(vectors, neighbourCount, options);
  const moves = [new Adam(weights.data), new Adam(moved.bias)];
  for (let step = 0; step < steps; step++) {
    if (step % 10 === 0) await checkpoint(options, { stage: 'decode', done: step, total: steps });
    const batch = drawSimilarityBatch(vectors, neighbours, random, batchSize);
    const codes = selectRows(signs, batch.documents);
    const gradient = decodedGradient(moved, codes, selectRows(vectors, batch.queries), batch);
    const rate = (firstRate * (1 + Math.cos((Math.PI * step) / steps))) / 2;
    moves[0].step(kernel.multiplyTransposed(transpose(gradient), transpose(codes)).data, rate);
    moves[1].step(Float32Array.from(columnSums(gradient)), rate);
  }
  return moved;
}

/** The gradient of the cross-entropy by the decoded vectors of the batch's documents, one row each. */
function decodedGradient(
  decoder: AffineMap,
  codes: Matrix,
  queries: Matrix,
  batch: SimilarityBatch,
): Matrix {
  const kernel = defaultKernel();
  const decoded = applyAffineMap(decoder, codes);
  const inverseNorms = Float32Array.from({ length: decoded.rows }, (_, i) =>
    inverseNorm(decoded.data, i * decoded.columns, decoded.columns),
  );
  scaleRows(decoded, inverseNorms);
  const cosines = kernel.multiplyTransposed(queries, decoded);
  const student = { ...cosines, data: cosines.data.map((cosine) => cosine / temperature) };
  softmaxRows(student, batch.queries, batch.documents);
  const weight = 1 / (temperature * queries.rows);
  const byCosines = student.data.map((value, p) => weight * (value - batch.target.data[p]));
  const gradient = kernel.multiplyTransposed(
    transpose({ ...student, data: byCosines }),
    transpose(queries),
  );
  // Of a direction, only what is across it changes it.
  for (let i = 0; i < gradient.rows; i++) {
    const [own, along] = [row(gradient, i), row(decoded, i)];
    let parallel = 0;
    for (let j = 0; j < own.length; j++) parallel += own[j] * along[j];
    for (let j = 0; j < own.length; j++) own[j] -= parallel * along[j];
  }
  scaleRows(gradient, inverseNorms);
  return gradient;
}

function scaleRows({ rows, columns, data }: Matrix, factors: Float32Array): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) data[i * columns + j] *= factors[i];
  }
}
