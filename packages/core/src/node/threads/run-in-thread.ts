import { Thread } from './thread.ts';
import type { TaskInput, TaskName, TaskOutput, ThreadTaskOptions } from './thread-tasks.ts';

/**
 * Does one task in a thread of its own, which ends with it.
 *
 * @throws BitryoshkaError as `Thread.run`
 */
export async function runInThread<Name extends TaskName>(
  name: Name,
  input: TaskInput<Name>,
  options: ThreadTaskOptions,
): Promise<TaskOutput<Name>> {
  const thread = new Thread();
  try {
    return await thread.run(name, input, options);
  } finally {
    // Not waited for: whoever aborts a task goes on at once.
    void thread.close();
  }
}
