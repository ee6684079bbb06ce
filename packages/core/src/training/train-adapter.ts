import { packSigns } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import { fitItq } from '../transforms/itq.ts';
import { fitPca } from '../transforms/pca.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, selectRows, toMatrix, transpose } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { sampleRows } from '../vectors/sample-rows.ts';
import type { BinarizerName } from './binarizers.ts';
import { binarizers } from './binarizers.ts';
import { bitEntropy } from './bit-statistics.ts';
import type { LossWeights } from './code-loss.ts';
import { scoreNames } from './code-loss.ts';
import type { CodeModel, EncoderWeights } from './code-model.ts';
import { encodeReal } from './code-model.ts';
import { heldOutRecalls, holdOutVectors } from './held-out-recall.ts';
import { mineNeighbours } from './mine-neighbours.ts';
import { leadingColumns } from './scores/student.ts';
import { drawSimilarityBatch } from './similarity-batches.ts';
import { trainModel } from './train-model.ts';
import type { CurvePoint } from './training-checkpoint.ts';

export interface AdapterOptions extends TaskOptions {
  /** Numbers of leading dimensions that are to be good vectors, the last being all that are given out. */
  readonly dimensions: readonly number[];
  /**
   * `none`: the adapter makes vectors truncatable. Otherwise bits are made while training as this says, and
   * the signs of the adapted vectors become good codes (quantisation-aware training). Default: `none`.
   */
  readonly binarize?: BinarizerName | undefined;
  /** Default: as many as the number of vectors asks for. */
  readonly steps?: number | undefined;
  /** Depth of re-ranking at which held-out recall is measured. Default: 40. */
  readonly rerank?: number | undefined;
  /** Same vectors, options and seed: same adapter. Default: 0. */
  readonly seed?: number | undefined;
}

/** A map of vectors, and how it came about. */
export interface AdapterFit {
  /** For `applyAffineMap`; its leading dimensions are vectors by themselves, to be scaled to unit length. */
  readonly map: AffineMap;
  readonly curve: readonly CurvePoint[];
}

/** Vectors to learn from, at most. */
const mostRows = 40_000;
const neighbourCount = 32;
const rates = { encoder: 1e-3, decoders: 0 };
const firstScale = 20;

/**
 * Learns an affine map after which leading dimensions, or their signs, order documents as the whole float
 * vectors do: it starts from the principal components, and descends the cross-entropy of float similarities
 * and those of every asked number of leading dimensions. What is best on held-out vectors is kept, the start
 * among it.
 *
 * Source: Kusupati et al., "Matryoshka Representation Learning", NeurIPS 2022 (nested losses).
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`
 */
export async function trainAdapter(vectors: Vectors, options: AdapterOptions): Promise<AdapterFit> {
  const { binarize = 'none', rerank = 40, seed = 0, signal } = options;
  signal?.throwIfAborted();
  const matrix = toMatrix(vectors);
  checkNotEmpty(matrix);
  const prefixes = checkLengths(options.dimensions, matrix.columns);
  const outputs = prefixes[prefixes.length - 1] as number;
  const all = normalizeRows(sampleRows(matrix, mostRows, seed));
  const { training, heldOut } = await holdOutVectors(all, { ...options, seed });
  const isBinary = binarize !== 'none';
  const start = isBinary
    ? await fitItq(training, { ...options, seed, outputDimensions: outputs })
    : await fitPca(training, { outputDimensions: outputs, centre: false, signal });
  const model: CodeModel = {
    encoder: startEncoder(start, training),
    decoders: [],
    logScales: new Float32Array(prefixes.length * scoreNames.length).fill(Math.log(firstScale)),
  };
  const encode = (block: Matrix) => packSigns(encodeReal(model.encoder, block).real);
  const neighbours = await mineNeighbours(training, neighbourCount, encode, options);
  const weights: LossWeights = isBinary ? { symmetric: 1, asymmetric: 0.5 } : { cosine: 1 };
  const curve = await trainModel(model, {
    ...options,
    weights,
    prefixes,
    seed,
    binarizer: binarizers[binarize],
    steps: options.steps ?? Math.min(1500, Math.max(20, Math.round(training.rows / 16))),
    rates,
    draw: (random) => [
      {
        weight: 1,
        batch: drawSimilarityBatch(training, { vectors: training, neighbours }, random),
      },
    ],
    measure: ({ encoder }) => {
      const [documents, queries] = [heldOut.documents, heldOut.queries].map((part) =>
        represent(encodeReal(encoder, part).real, isBinary),
      ) as [Matrix, Matrix];
      const recalls = prefixes.map((prefix) => {
        const [theirs, own] = [documents, queries].map((part) =>
          normalizeRows(leadingColumns(part, prefix)),
        ) as [Matrix, Matrix];
        return heldOutRecalls(
          heldOut,
          (block, from) =>
            matrixKernel().multiplyTransposed(
              selectRows(
                own,
                Array.from({ length: block.rows }, (_, i) => from + i),
              ),
              theirs,
            ),
          [rerank, 0],
        );
      });
      const mean = (at: number) =>
        recalls.reduce((sum, each) => sum + (each[at] ?? 0), 0) / recalls.length;
      const entropy = bitEntropy(represent(documents, true));
      return { score: mean(0) + 0.1 * mean(1), recall: mean(0), entropy };
    },
  });
  const { weights: learned, bias } = model.encoder;
  return {
    map: { weights: transpose(learned), bias, inputDimensions: matrix.columns },
    curve,
  };
}

/** What is searched: real values, or their signs. */
function represent(real: Matrix, isBinary: boolean): Matrix {
  if (!isBinary) return real;
  return { ...real, data: real.data.map((value) => (value > 0 ? 1 : -1)) };
}

/** Real values of about one, where relaxed bits are neither steep nor flat. */
function startEncoder(map: AffineMap, vectors: Matrix): EncoderWeights {
  const real = applyAffineMap(map, vectors);
  const size = real.data.reduce((sum, value) => sum + Math.abs(value), 0) / real.data.length;
  const scale = size > 0 ? 1 / size : 1;
  const weights = transpose(map.weights as Matrix);
  for (let p = 0; p < weights.data.length; p++) weights.data[p] *= scale;
  return { weights, bias: map.bias.map((value) => value * scale) };
}

function checkLengths(lengths: readonly number[], columns: number): number[] {
  const sorted = [...new Set(lengths)].sort((a, b) => a - b);
  const wrong = sorted.find(
    (length) => !Number.isSafeInteger(length) || length < 1 || length > columns,
  );
  if (sorted.length > 0 && wrong === undefined) return sorted;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `dimensions: got ${wrong ?? 'none'}, expected whole numbers from 1 to ${columns}.`,
    remedy: 'Ask for numbers of leading dimensions that the vectors have.',
  });
}
