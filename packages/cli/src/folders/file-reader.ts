import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FoundFile } from './collect-files.ts';
import type { ReadFile, ReadingOptions } from './read-passages.ts';

/** No file that people write takes as long. */
const secondsPerFile = 10;
/** The heap of the thread; what a file of the largest size needs, several times. */
const heapMegabytes = 1024;

const tooLong = `took longer than ${secondsPerFile} s`;

/** What a file that takes any time or memory ends with, before it takes them again at each search. */
export interface FileReaderOptions extends ReadingOptions {
  /** Default: 10. */
  readonly secondsPerFile?: number;
}

/**
 * Reads files in a thread, one after the other, as they may be made to stop whoever reads them. A file that takes too
 * long ends the thread, and the next file is read by a new one.
 */
export class FileReader {
  readonly #folder: string;
  readonly #options: FileReaderOptions;
  #worker: Worker | undefined;

  constructor(folder: string, options: FileReaderOptions = {}) {
    this.#folder = folder;
    this.#options = options;
  }

  /** The passages of a file, or the reason why it has none. */
  async read({ path, kind, bytes }: FoundFile): Promise<ReadFile | string> {
    const worker = this.#worker ?? (await startWorker());
    this.#worker = worker;
    const ended = new AbortController();
    const { generated, secondsPerFile: seconds = secondsPerFile } = this.#options;
    const { signal } = ended;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000, tooLong);
    });
    const answer = once(worker, 'message', { signal }).then(
      ([message]) => message as ReadFile | string,
    );
    const exit = once(worker, 'exit', { signal }).then(() => 'needs too much memory');
    try {
      worker.postMessage({ folder: this.#folder, file: { path, kind, bytes }, generated });
      const result = await Promise.race([answer, exit, late]);
      if (result === tooLong) await this.close();
      return result;
    } catch {
      // Memory that runs out ends the thread with an error.
      await this.close();
      return 'needs too much memory';
    } finally {
      clearTimeout(timer);
      ended.abort();
      await Promise.allSettled([answer, exit]);
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

async function startWorker(): Promise<Worker> {
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
