// Embeds in several threads at once.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

const embed = () => new MatryoshkaEmbeddings().embedQuery('cat');

if (isMainThread) {
  const workers = [1, 2, 3].map(
    () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url));
        worker.once('message', resolve).once('error', reject);
      }),
  );
  const vectors = await Promise.all([embed(), ...workers]);
  const areEqual = vectors.every((vector) => String(vector) === String(vectors[0]));
  console.log(areEqual ? vectors[0].length : 'vectors differ');
} else {
  parentPort.postMessage(await embed());
}
