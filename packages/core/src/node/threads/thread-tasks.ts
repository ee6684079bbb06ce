import type { TaskOptions } from '../../progress/task-options.ts';
import type { FitQuantizerInput } from './fit-quantizer-task.ts';
import type { LinkInput, LinkOutput } from './link-task.ts';
import type { SearchInput, SearchOutput } from './search-task.ts';
import type { TrainCodesInput, TrainCodesOutput } from './train-codes-task.ts';
import type { TuneInput, TuneOutput } from './tune-task.ts';

/** What threads can be asked for: plain data in and out, large arrays in memory that both sides see. */
interface ThreadTasks {
  readonly fitQuantizer: { readonly input: FitQuantizerInput; readonly output: Uint8Array };
  readonly trainCodes: { readonly input: TrainCodesInput; readonly output: TrainCodesOutput };
  readonly tune: { readonly input: TuneInput; readonly output: TuneOutput };
  readonly link: { readonly input: LinkInput; readonly output: LinkOutput };
  readonly search: { readonly input: SearchInput; readonly output: SearchOutput };
}

export type TaskName = keyof ThreadTasks;
export type TaskInput<Name extends TaskName> = ThreadTasks[Name]['input'];
export type TaskOutput<Name extends TaskName> = ThreadTasks[Name]['output'];

/** What a task can say and hear while it is under way. */
export interface ThreadTaskOptions extends TaskOptions {
  /** What the task could go on from, if it can. */
  readonly onCheckpoint?: ((bytes: Uint8Array) => void) | undefined;
}

export interface TaskResult<Output> {
  readonly output: Output;
  /** Memory of the output that is handed over, not copied. */
  readonly transfer?: readonly ArrayBuffer[];
}

/** Does a task, in a thread. */
export type TaskRunner<Name extends TaskName> = (
  input: TaskInput<Name>,
  options: ThreadTaskOptions,
) => TaskResult<TaskOutput<Name>> | Promise<TaskResult<TaskOutput<Name>>>;
