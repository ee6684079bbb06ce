import { nextTurn } from '../progress/task-options.ts';
import type { FitOptions } from '../quantizers/fit.ts';
import { fitSampleSize } from '../quantizers/fit.ts';
import type { CodeTrainingOptions } from '../quantizers/learned/training-options.ts';
import { loadTrustedQuantizer } from '../quantizers/load.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { VectorSample } from '../vectors/vector-sample.ts';
import { rowsOf, vectorSlices } from '../vectors/vector-slices.ts';
import { runInThread } from './threads/run-in-thread.ts';
import { sharedZeros, shareVectors } from './threads/share-vectors.ts';
import { shareTrainingOptions } from './threads/shared-training-options.ts';

/**
 * `fitQuantizer` in a thread of its own, so that the calling one stays free: the same quantizer, bit for bit.
 * Aborting ends the thread at once.
 *
 * @param vectors all of them, or blocks of them that need not fit in memory together; what is learned from is
 *   copied, a part at a time
 * @throws BitryoshkaError as `fitQuantizer`, or `thread-failed`
 */
export async function fitQuantizerInThread(
  vectors: Vectors | AsyncIterable<Vectors>,
  options: FitOptions,
): Promise<Quantizer> {
  const { kind, bits, decoder, check, sampleSize, seed, signal, onProgress } = options;
  const { thresholds, groups, rotation, residual, learned } = options;
  signal?.throwIfAborted();
  const { queries } = options;
  const sample = await sharedSample(vectors, options);
  const { columns } = sample;
  const training = trainingOf(learned);
  const file = await runInThread(
    'fitQuantizer',
    {
      kind,
      bits,
      thresholds,
      groups,
      rotation,
      residual,
      learned: training
        ? { ...learned, train: await shareTrainingOptions(training, { columns, signal }) }
        : (learned as { readonly train?: boolean } | undefined),
      check,
      ...(sampleSize !== undefined && { sampleSize }),
      ...(decoder !== undefined && { decoder }),
      ...(seed !== undefined && { seed }),
      sample,
      queries: queries && (await shareVectors(queries, { name: 'queries', columns, signal })),
    },
    { signal, onProgress, onCheckpoint: training?.onCheckpoint },
  );
  return loadTrustedQuantizer(file);
}

/** What cannot be sent to a thread as it is. */
function trainingOf(learned: FitOptions['learned']): CodeTrainingOptions | undefined {
  const train = learned?.train;
  return typeof train === 'object' && train !== null ? train : undefined;
}

/** The sample that `fitQuantizer` takes, in memory that threads see. */
async function sharedSample(
  vectors: Vectors | AsyncIterable<Vectors>,
  options: FitOptions,
): Promise<Matrix> {
  const { seed, signal, onProgress } = options;
  const sample = new VectorSample({ size: fitSampleSize(options), seed, allocate: sharedZeros });
  for await (const block of isStream(vectors) ? vectors : [vectors]) {
    const { seen } = sample;
    for (const slice of vectorSlices(block, { columns: sample.columns })) {
      if (sample.seen === seen) sample.reserve(rowsOf(block), slice.columns);
      sample.add(slice);
      await nextTurn();
      signal?.throwIfAborted();
    }
    onProgress?.({ stage: 'sample', done: sample.seen, total: sample.seen });
  }
  return sample.rows();
}

function isStream(vectors: Vectors | AsyncIterable<Vectors>): vectors is AsyncIterable<Vectors> {
  return Symbol.asyncIterator in Object(vectors);
}
