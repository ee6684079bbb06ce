import type { LearnedQuantizer } from '../quantizers/learned/learned-quantizer.ts';
import type { TrainedCodes } from '../quantizers/learned/train-codes.ts';
import type { TrainCodesOptions } from '../quantizers/learned/training-options.ts';
import { loadTrustedQuantizer } from '../quantizers/load.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { runInThread } from './threads/run-in-thread.ts';
import { shareVectors } from './threads/share-vectors.ts';
import { shareTrainingOptions } from './threads/shared-training-options.ts';

/**
 * `trainCodes` in a thread of its own, so that the calling one stays free: the same codes, bit for bit. Aborting
 * ends the thread at once.
 *
 * @throws BitryoshkaError as `trainCodes`, or `thread-failed`
 */
export async function trainCodesInThread(
  vectors: Vectors,
  { bits, seed, queries, signal, onProgress, ...training }: TrainCodesOptions,
): Promise<TrainedCodes> {
  signal?.throwIfAborted();
  const shared = await shareVectors(vectors, { signal });
  const { columns } = shared;
  const { quantizer, ...story } = await runInThread(
    'trainCodes',
    {
      bits,
      seed,
      vectors: shared,
      queries: queries && (await shareVectors(queries, { name: 'queries', columns, signal })),
      training: await shareTrainingOptions(training, { columns, signal }),
    },
    { signal, onProgress, onCheckpoint: training.onCheckpoint },
  );
  return { ...story, quantizer: loadTrustedQuantizer(quantizer) as LearnedQuantizer };
}
