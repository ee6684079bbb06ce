import { loadTrustedQuantizer } from '../quantizers/load.ts';
import type { TuningResult } from '../tuning/tune.ts';
import type { TuneOptions } from '../tuning/tuning-options.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { runInThread } from './threads/run-in-thread.ts';
import { shareVectors } from './threads/share-vectors.ts';

/**
 * `tune` in a thread of its own, so that the calling one stays free: the same choice. Aborting ends the thread
 * at once.
 *
 * @throws BitryoshkaError as `tune`, or `thread-failed`
 */
export async function tuneInThread(
  vectors: Vectors,
  { queries, signal, onProgress, ...options }: TuneOptions,
): Promise<TuningResult> {
  signal?.throwIfAborted();
  const shared = await shareVectors(vectors, { signal });
  const { columns } = shared;
  const { quantizer, ...result } = await runInThread(
    'tune',
    {
      options,
      vectors: shared,
      queries: queries && (await shareVectors(queries, { name: 'queries', columns, signal })),
    },
    { signal, onProgress },
  );
  return { ...result, quantizer: loadTrustedQuantizer(quantizer) };
}
