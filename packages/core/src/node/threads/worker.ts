import { parentPort } from 'node:worker_threads';
import { fitQuantizerTask } from './fit-quantizer-task.ts';
import { linkTask } from './link-task.ts';
import { searchTask } from './search-task.ts';
import type { ThreadReply, ThreadRequest } from './thread-messages.ts';
import { toSent } from './thread-messages.ts';
import type { TaskInput, TaskName, TaskRunner } from './thread-tasks.ts';
import { trainCodesTask } from './train-codes-task.ts';
import { tuneTask } from './tune-task.ts';

// What a thread runs, for as long as it lives: its code is built into the library as a string.

const tasks: { readonly [Name in TaskName]: TaskRunner<Name> } = {
  fitQuantizer: fitQuantizerTask,
  trainCodes: trainCodesTask,
  tune: tuneTask,
  link: linkTask,
  search: searchTask,
};
const running = new Map<number, AbortController>();

parentPort?.on('message', (request: ThreadRequest) => {
  if ('abort' in request) running.get(request.id)?.abort();
  else void answer(request.id, request.name, request.input);
});

async function answer(id: number, name: TaskName, input: TaskInput<TaskName>): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const run = tasks[name] as TaskRunner<TaskName>;
    const { output, transfer } = await run(input, {
      signal: controller.signal,
      onProgress: (progress) => say({ id, progress }),
      onCheckpoint: (checkpoint) => say({ id, checkpoint }),
    });
    say({ id, output }, transfer);
  } catch (error) {
    say({ id, error: toSent(error) });
  } finally {
    running.delete(id);
  }
}

function say(reply: ThreadReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, transfer);
}
