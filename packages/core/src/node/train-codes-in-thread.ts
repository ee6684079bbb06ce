import type { HeadQuantizer } from '../quantizers/learned/learned-quantizer.ts';
import type { HeadFit } from '../quantizers/learned/train-codes.ts';
import type { HeadFitOptions } from '../quantizers/learned/training-options.ts';
import { loadTrustedQuantizer } from '../quantizers/load.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { runInThread } from './threads/run-in-thread.ts';
import { shareVectors } from './threads/share-vectors.ts';
import { shareHeadOptions } from './threads/shared-training-options.ts';

/**
 * `fitHead` in a thread of its own, so that the calling one stays free: the same head, bit for bit. Aborting
 * ends the thread at once.
 *
 * @throws BitryoshkaError as `fitHead`, or `thread-failed`
 */
export async function fitHeadInThread(
  vectors: Vectors,
  { bits, seed, queries, signal, onProgress, ...head }: HeadFitOptions,
): Promise<HeadFit> {
  signal?.throwIfAborted();
  const shared = await shareVectors(vectors, { signal });
  const { columns } = shared;
  const { quantizer, ...story } = await runInThread(
    'fitHead',
    {
      bits,
      seed,
      vectors: shared,
      queries: queries && (await shareVectors(queries, { name: 'queries', columns, signal })),
      head: await shareHeadOptions(head, { columns, signal }),
    },
    { signal, onProgress, onCheckpoint: head.onCheckpoint },
  );
  return { ...story, quantizer: loadTrustedQuantizer(quantizer) as HeadQuantizer };
}
