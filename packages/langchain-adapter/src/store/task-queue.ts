/** Runs tasks one after another, in the order in which they were given. */
export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param signal aborts the waiting: a task that has not begun then never does
   * @returns what the task returns; a task that fails holds up none of the next
   */
  run<T>(task: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => reject(signal?.reason);
      if (signal?.aborted) leave();
      signal?.addEventListener('abort', leave);
      const result = this.#last.then(() => {
        // From here on the task itself says what an abort has done.
        signal?.removeEventListener('abort', leave);
        signal?.throwIfAborted();
        return task();
      });
      this.#last = result.catch(() => undefined);
      result.then(resolve, reject);
    });
  }
}
