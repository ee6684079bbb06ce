import { parentPort, workerData } from 'node:worker_threads';
import { LocalEmbedder } from './embedder.ts';
import type { EmbedderAnswer, EmbedderRequest, EmbedderTask } from './embedder-messages.ts';
import { toThrown } from './embedder-messages.ts';

/** Embeds in a thread of its own, for as long as the thread lives. */
const { options } = workerData as EmbedderTask;
const say = (answer: EmbedderAnswer): void => parentPort?.postMessage(answer);
const embedder = new LocalEmbedder(options, (warning) => say({ warning }), true);
const running = new Map<number, AbortController>();

parentPort?.on('message', (request: EmbedderRequest) => {
  const { id } = request;
  if (request.kind === 'abort') running.get(id)?.abort();
  else void answer(request).catch((error: unknown) => say({ id, error: toThrown(error) }));
});

async function answer(request: EmbedderRequest): Promise<void> {
  const { id } = request;
  if (request.kind === 'fingerprint') say({ id, result: await embedder.fingerprint() });
  if (request.kind === 'quantizer') say({ id, result: await embedder.quantizerFile() });
  if (request.kind === 'count') say({ id, result: await embedder.count(request.texts) });
  if (request.kind !== 'embed') return;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const result = await embedder.embed(request.texts, request.side, {
      signal: controller.signal,
      onProgress: (progress) => say({ id, progress }),
    });
    say({ id, result });
  } finally {
    running.delete(id);
  }
}
