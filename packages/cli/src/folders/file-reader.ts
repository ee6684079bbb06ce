import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FoundFile } from './collect-files.ts';
import type { ReadFile, ReadingOptions } from './read-passages.ts';
import type { ReadingTask } from './reading-thread.ts';

export interface FileReaderOptions extends ReadingOptions {
  /** No file that people write takes as long. Default: 10. */
  readonly secondsPerFile?: number;
  /** What a file of the largest size needs, several times. Default: 1024. */
  readonly heapMegabytes?: number;
}

const tooMuchMemory = 'needs too much memory';

/**
 * Reads files in a thread, one after the other, as they may be made to stop whoever reads them. A file that takes too
 * long ends the thread, and the next file is read by a new one.
 */
export class FileReader {
  readonly #folder: string;
  readonly #generated: boolean;
  readonly #secondsPerFile: number;
  readonly #heapMegabytes: number;
  #worker: Worker | undefined;

  constructor(
    folder: string,
    { generated = false, secondsPerFile = 10, heapMegabytes = 1024 }: FileReaderOptions = {},
  ) {
    this.#folder = folder;
    this.#generated = generated;
    this.#secondsPerFile = secondsPerFile;
    this.#heapMegabytes = heapMegabytes;
  }

  /** The passages of a file, or the reason why it has none. */
  async read({ path, kind, bytes }: FoundFile): Promise<ReadFile | string> {
    const worker = this.#worker ?? (await startWorker(this.#heapMegabytes));
    this.#worker = worker;
    const task: ReadingTask = {
      folder: this.#folder,
      file: { path, kind, bytes },
      generated: this.#generated,
    };
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<ReadFile | string>((resolve, reject) => {
        timer = setTimeout(
          reject,
          this.#secondsPerFile * 1000,
          `took longer than ${this.#secondsPerFile} s`,
        );
        worker.once('message', resolve);
        // Memory that runs out ends the thread, and what a library throws by itself.
        worker.once('error', ({ code }: NodeJS.ErrnoException) => {
          reject(code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuchMemory : 'damaged');
        });
        worker.once('exit', () => reject(tooMuchMemory));
        worker.postMessage(task);
      });
    } catch (reason) {
      await this.close();
      return reason as string;
    } finally {
      clearTimeout(timer);
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

async function startWorker(heapMegabytes: number): Promise<Worker> {
  // A thread runs what was compiled, also where these sources are run themselves.
  const folder = import.meta.url.endsWith('.ts') ? '../../dist/folders/' : './';
  const worker = new Worker(new URL(`${folder}reading-thread.js`, import.meta.url), {
    // Those of the program are for its own files: `--input-type`, conditions, loaders.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    // What libraries say of a file is said by the reason that it is skipped for.
    stdout: true,
    stderr: true,
  });
  await once(worker, 'message');
  return worker;
}
