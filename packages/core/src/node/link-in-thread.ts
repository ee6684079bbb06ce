import type { Codes } from '../codes/codes.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import type { LinkInput, LinkOutput } from './threads/link-task.ts';
import { runInThread } from './threads/run-in-thread.ts';
import { shareBytes } from './threads/share-vectors.ts';

export interface LinkOptions extends TaskOptions, Pick<LinkInput, 'M' | 'efConstruction'> {}

/**
 * Builds a graph of codes in a thread of its own. To have it here, give a graph of the same options its state and
 * then, block by block, its links and the codes.
 *
 * @throws BitryoshkaError `thread-failed`
 */
export async function linkInThread(
  { rows, bytesPerCode, data }: Codes,
  { M, efConstruction, signal, onProgress }: LinkOptions,
): Promise<LinkOutput> {
  signal?.throwIfAborted();
  const codes = await shareBytes(data, signal);
  const input = { rows, bytesPerCode, M, efConstruction, codes };
  return runInThread('link', input, { signal, onProgress });
}
