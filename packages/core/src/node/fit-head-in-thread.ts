import { Worker } from 'node:worker_threads';
import type { ErrorCode } from '../errors/bitryoshka-error.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { HeadFit } from '../quantizers/head/fit-head.ts';
import type { HeadFitOptions } from '../quantizers/head/head-options.ts';
import type { HeadQuantizer } from '../quantizers/head/head-quantizer.ts';
import { loadQuantizer } from '../quantizers/load-quantizer.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import type { HeadMessage, HeadTask, HeadTaskError } from './head-task.ts';

// A thread runs what was compiled, also where these sources are run themselves.
function workerFile(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(`${isSource ? '../../dist/node/' : ''}head-worker.js`, import.meta.url);
}

/**
 * `fitHead` in a thread of its own, so that the calling one stays free: the same head, bit for bit. Aborting
 * ends the thread at once.
 *
 * @throws BitryoshkaError as `fitHead`
 */
export async function fitHeadInThread(
  vectors: Vectors,
  { from, pairs, queries, signal, onProgress, onCheckpoint, ...options }: HeadFitOptions,
): Promise<HeadFit> {
  signal?.throwIfAborted();
  const task: HeadTask = {
    vectors: shared(toMatrix(vectors)),
    options,
    from: from?.save(),
    queries: queries && shared(toMatrix(queries, { name: 'queries' })),
    pairs: pairs && {
      queries: shared(toMatrix(pairs.queries, { name: 'pairs.queries' })),
      documents: shared(toMatrix(pairs.documents, { name: 'pairs.documents' })),
      negatives: pairs.negatives && shared(toMatrix(pairs.negatives, { name: 'pairs.negatives' })),
    },
    wantsCheckpoints: onCheckpoint !== undefined,
  };
  const worker = new Worker(workerFile(), { workerData: task });
  try {
    return await new Promise<HeadFit>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread ended before the head was trained')));
      worker.on('message', (message: HeadMessage) => {
        if ('progress' in message) onProgress?.(message.progress);
        else if ('checkpoint' in message) onCheckpoint?.(message.checkpoint);
        else if ('error' in message) reject(errorOf(message.error));
        else resolve({ ...message.fit, quantizer: load(message.fit.quantizer) });
      });
    });
  } finally {
    worker.removeAllListeners();
    await worker.terminate();
  }
}

function load(file: Uint8Array): HeadQuantizer {
  return loadQuantizer(file) as HeadQuantizer;
}

function shared(matrix: Matrix): Matrix {
  const data = new Float32Array(new SharedArrayBuffer(matrix.data.byteLength));
  data.set(matrix.data);
  return { ...matrix, data };
}

function errorOf({ message, parts }: HeadTaskError): Error {
  if (!parts) return new Error(message);
  const { code, remedy } = parts;
  // The message of such an error ends with its remedy.
  const what = message.slice(0, message.length - remedy.length - 1);
  return new BitryoshkaError({ code: code as ErrorCode, message: what, remedy });
}
