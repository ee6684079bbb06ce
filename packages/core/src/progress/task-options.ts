/** How far a long task has come. */
export interface Progress {
  /** What is being done, as a verb: `fit`, `encode`, `save`. */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** What every long task accepts. */
export interface TaskOptions {
  /** Aborting it rejects the task with the signal's reason, and nothing is changed. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Reports, lets waiting events run, and stops when asked to; long loops call it once per round. */
export async function checkpoint(options: TaskOptions, progress: Progress): Promise<void> {
  options.onProgress?.(progress);
  await new Promise<void>((resolve) => setTimeout(resolve));
  options.signal?.throwIfAborted();
}
