import { unlessAborted } from '@bitryoshka/core/internal';

interface Running<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Work that several callers wait for and that is done once. It goes on while one of them waits, and is aborted when the
 * last one has gone; what failed or was aborted is begun again by the next call.
 */
export class SharedTask<T> {
  readonly #begin: (signal: AbortSignal) => Promise<T>;
  #running: Running<T> | undefined;

  constructor(begin: (signal: AbortSignal) => Promise<T>) {
    this.#begin = begin;
  }

  /** @throws what the work throws, and the reason of the signal */
  async result(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const running = this.#start();
    running.waiting++;
    let isDone = false;
    try {
      const result = await unlessAborted(running.result, signal);
      isDone = true;
      return result;
    } finally {
      running.waiting--;
      if (!isDone && running.waiting === 0) running.controller.abort(signal?.reason);
    }
  }

  #start(): Running<T> {
    if (this.#running && !this.#running.controller.signal.aborted) return this.#running;
    const controller = new AbortController();
    const running = { controller, result: this.#begin(controller.signal), waiting: 0 };
    this.#running = running;
    running.result.catch(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return running;
  }
}
