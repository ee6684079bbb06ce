import { unlessAborted } from '@bitryoshka/core/internal';

interface Running<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Work that several callers wait for and that is done once. It goes on while one of them waits, and is aborted when the
 * last one has gone; what failed or was aborted is begun again by the next call, and so is what is not to be kept.
 */
export class SharedTask<T> {
  readonly #begin: (signal: AbortSignal) => Promise<T>;
  readonly #isKept: boolean;
  #running: Running<T> | undefined;

  constructor(
    begin: (signal: AbortSignal) => Promise<T>,
    { isKept = true }: { readonly isKept?: boolean } = {},
  ) {
    this.#begin = begin;
    this.#isKept = isKept;
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
    const forget = () => {
      if (this.#running === running) this.#running = undefined;
    };
    running.result.then(this.#isKept ? undefined : forget, forget);
    return running;
  }
}
