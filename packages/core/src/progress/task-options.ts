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

/** How long tasks go on before others have their turn. */
const turnMilliseconds = 4;
let turnBegan = -Infinity;

/**
 * Reports, stops when asked to, and lets waiting events run when the last time is some milliseconds ago; long loops
 * call it once per round.
 */
export async function checkpoint(options: TaskOptions, progress: Progress): Promise<void> {
  options.onProgress?.(progress);
  options.signal?.throwIfAborted();
  if (performance.now() - turnBegan < turnMilliseconds) return;
  await nextTurn();
  turnBegan = performance.now();
  options.signal?.throwIfAborted();
}

/** By a message to oneself, not by a timer: those of tests may stand still, and others wait a millisecond. */
export function nextTurn(): Promise<void> {
  if (typeof MessageChannel === 'undefined') return new Promise((resolve) => setTimeout(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
