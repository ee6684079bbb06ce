import { parentPort } from 'node:worker_threads';
import type { FoundFile } from './collect-files.ts';
import type { ReadingOptions } from './read-passages.ts';
import { readPassages } from './read-passages.ts';

/** What the thread is asked; it answers with what `readPassages` gives, one after the other. */
export interface ReadingTask extends ReadingOptions {
  readonly folder: string;
  readonly file: Pick<FoundFile, 'path' | 'kind' | 'bytes'>;
}

parentPort?.on('message', async ({ folder, file, ...options }: ReadingTask) => {
  parentPort?.postMessage(await readPassages(folder, file, options));
});
parentPort?.postMessage('ready');
