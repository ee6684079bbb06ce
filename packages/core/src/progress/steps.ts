import type { TaskOptions } from './task-options.ts';
import { checkpoint } from './task-options.ts';

/** A long computation that can be interrupted after each of its steps, and what it gives in the end. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * With a checkpoint after each step.
 *
 * @throws the reason of the signal
 */
export async function inTurns<Result>(
  steps: Steps<Result>,
  { signal }: Pick<TaskOptions, 'signal'>,
): Promise<Result> {
  for (let done = 0; ; done++) {
    const step = steps.next();
    if (step.done) return step.value;
    await checkpoint({ signal }, { stage: 'compute', done, total: done });
  }
}
