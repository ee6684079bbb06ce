import type { ErrorCode } from '../../errors/bitryoshka-error.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { Progress } from '../../progress/task-options.ts';
import type { TaskInput, TaskName, TaskOutput } from './thread-tasks.ts';

/** What a thread is told: to do a task, or to give one up. */
export type ThreadRequest = { readonly id: number } & (
  | { readonly name: TaskName; readonly input: TaskInput<TaskName> }
  | { readonly abort: true }
);

/** What a thread says of a task: how far it is, and at last what came out. */
export type ThreadReply = { readonly id: number } & (
  | { readonly progress: Progress }
  | { readonly checkpoint: Uint8Array }
  | { readonly output: TaskOutput<TaskName> }
  | { readonly error: SentError }
);

/** An error as plain data. */
export interface SentError {
  readonly message: string;
  readonly name: string;
  readonly stack: string | undefined;
  /** Of an error of bitryoshka. */
  readonly parts: { readonly code: ErrorCode; readonly remedy: string } | undefined;
  readonly cause: SentError | undefined;
}

export function toSent(thrown: unknown): SentError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { message, name, stack, cause } = error;
  return {
    message,
    name,
    stack,
    parts: BitryoshkaError.isInstance(error)
      ? { code: error.code, remedy: error.remedy }
      : undefined,
    cause: cause === undefined ? undefined : toSent(cause),
  };
}

export function fromSent({ message, name, stack, parts, cause: sent }: SentError): Error {
  const cause = sent && fromSent(sent);
  if (!parts) {
    const error = new Error(message, cause && { cause });
    return Object.assign(error, { name, stack });
  }
  const { code, remedy } = parts;
  // The message of such an error ends with its remedy.
  const what = message.slice(0, message.length - remedy.length - 1);
  return new BitryoshkaError({ code, message: what, remedy, cause });
}
