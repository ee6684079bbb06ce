import { parentPort, workerData } from 'node:worker_threads';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { fitHead } from '../quantizers/head/fit-head.ts';
import { loadQuantizer } from '../quantizers/load-quantizer.ts';
import type { HeadMessage, HeadTask } from './head-task.ts';

/** Trains a head in a thread of its own, which ends with it. */
const { vectors, options, from, pairs, queries, wantsCheckpoints } = workerData as HeadTask;
const say = (message: HeadMessage): void => parentPort?.postMessage(message);

async function train(): Promise<void> {
  try {
    const { quantizer, curve, stages } = await fitHead(vectors, {
      ...options,
      from: from && loadQuantizer(from),
      pairs,
      queries,
      onProgress: (progress) => say({ progress }),
      onCheckpoint: wantsCheckpoints ? (checkpoint) => say({ checkpoint }) : undefined,
    });
    say({ fit: { quantizer: quantizer.save(), curve, stages } });
  } catch (error) {
    const parts = BitryoshkaError.isInstance(error)
      ? { code: error.code, remedy: error.remedy }
      : undefined;
    say({ error: { message: error instanceof Error ? error.message : String(error), parts } });
  }
}

void train();
