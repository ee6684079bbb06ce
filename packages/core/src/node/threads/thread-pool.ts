import { availableParallelism } from 'node:os';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { mostParties } from '../../kernels/scan/shared-kernel.ts';
import { unlessAborted } from '../../progress/unless-aborted.ts';
import type { ThreadOptions } from './thread.ts';
import { Thread, threadClosed } from './thread.ts';
import type { TaskInput, TaskName, TaskOutput, ThreadTaskOptions } from './thread-tasks.ts';

/** As many as can share the memory of an index with the main thread. */
const mostWorkers = mostParties - 1;

export interface ThreadPoolOptions extends Pick<ThreadOptions, 'code'> {
  /** How many threads, at most: from 1 to 255. Default: as many as the machine runs at once. */
  readonly workers?: number | undefined;
}

interface Queued {
  readonly signal: AbortSignal | undefined;
  readonly begin: (thread: Thread, place: number) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads that share tasks. Each is started when there is nobody else for a task, again if it has ended. */
export class ThreadPool {
  readonly workers: number;
  readonly #code: string | undefined;
  readonly #threads: (Thread | undefined)[];
  #queue: Queued[] = [];
  #closed: Promise<void> | undefined;

  /** @throws BitryoshkaError `invalid-option` */
  constructor({ workers, code }: ThreadPoolOptions = {}) {
    this.workers = checkedWorkers(workers);
    this.#code = code;
    this.#threads = Array.from({ length: this.workers });
  }

  /**
   * Has a task done by the first thread that is free.
   *
   * @param input what to do, or what says it to the thread of a place: they are counted from 0 up
   * @throws BitryoshkaError as `Thread.run`
   */
  async run<Name extends TaskName>(
    name: Name,
    input: TaskInput<Name> | ((place: number) => TaskInput<Name>),
    options: ThreadTaskOptions = {},
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<TaskOutput<Name>> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#closed) throw threadClosed();
    const output = new Promise<TaskOutput<Name>>((resolve, reject) => {
      const begin = (thread: Thread, place: number): void => {
        const given = typeof input === 'function' ? input(place) : input;
        thread.run(name, given, options, transfer).then(resolve, reject);
      };
      this.#queue.push({ signal, begin, reject });
    });
    this.#next();
    return unlessAborted(output, signal);
  }

  /** Ends the threads, and rejects what is waited for. */
  close(): Promise<void> {
    this.#closed ??= this.#endAll();
    return this.#closed;
  }

  async #endAll(): Promise<void> {
    for (const { reject } of this.#queue) reject(threadClosed());
    this.#queue = [];
    await Promise.all(this.#threads.flatMap((thread) => (thread ? [thread.close()] : [])));
  }

  /** Hands queued tasks to threads that are free. */
  #next(): void {
    while (this.#queue.length > 0) {
      const place = this.#freePlace();
      if (place === undefined) return;
      const queued = this.#queue.shift() as Queued;
      if (queued.signal?.aborted) continue;
      try {
        queued.begin(this.#threadAt(place), place);
      } catch (error) {
        queued.reject(error);
      }
    }
  }

  /** Of a thread that is idle, or else of one that is to be started. */
  #freePlace(): number | undefined {
    const idle = this.#threads.findIndex((thread) => thread?.isIdle);
    const place = idle >= 0 ? idle : this.#threads.findIndex((thread) => thread?.hasEnded ?? true);
    return place >= 0 ? place : undefined;
  }

  #threadAt(place: number): Thread {
    const known = this.#threads[place];
    if (known?.isIdle) return known;
    const thread = new Thread({ code: this.#code, onChange: () => this.#next() });
    this.#threads[place] = thread;
    return thread;
  }
}

function checkedWorkers(workers: number = Math.min(availableParallelism(), mostWorkers)): number {
  if (Number.isInteger(workers) && workers >= 1 && workers <= mostWorkers) return workers;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `workers: got ${workers}, expected a whole number from 1 to ${mostWorkers}.`,
    remedy: 'Leave it out for as many as the machine runs at once.',
  });
}
