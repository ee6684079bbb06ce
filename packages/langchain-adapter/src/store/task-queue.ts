/** Runs tasks one after another, in the order in which they were given. */
export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what the task returns; a task that fails holds up none of the next */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
