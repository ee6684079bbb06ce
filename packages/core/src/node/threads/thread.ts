import { Worker } from 'node:worker_threads';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { unlessAborted } from '../../progress/unless-aborted.ts';
import type { ThreadReply, ThreadRequest } from './thread-messages.ts';
import { fromSent } from './thread-messages.ts';
import type { TaskInput, TaskName, TaskOutput, ThreadTaskOptions } from './thread-tasks.ts';
import { workerCode } from './worker-code.generated.ts';

export interface ThreadOptions {
  /** Called when the thread can take another task, or will take none any more. */
  readonly onChange?: (() => void) | undefined;
  /** What it runs. Default: what does all tasks. */
  readonly code?: string | undefined;
}

type SomeOutput = TaskOutput<TaskName>;

interface Waiting {
  readonly options: ThreadTaskOptions;
  readonly resolve: (output: SomeOutput) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that does tasks. It keeps the process alive only while one is waited for. */
export class Thread {
  readonly #worker: Worker;
  readonly #onChange: () => void;
  /** By number of the task: who waits for it. Tasks that were given up are waited for by nobody. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #underWay = new Set<number>();
  #tasks = 0;
  /** Why it does no more tasks. */
  #end: BitryoshkaError | undefined;
  #closed: Promise<void> | undefined;

  /** @throws BitryoshkaError `thread-failed` */
  constructor({ code = workerCode, onChange = () => {} }: ThreadOptions = {}) {
    this.#onChange = onChange;
    try {
      // Options of the program are for its own files: `--input-type`, conditions, loaders.
      this.#worker = new Worker(code, { eval: true, execArgv: [] });
    } catch (cause) {
      throw threadFailed('could not be started', cause);
    }
    this.#worker.on('message', (reply: ThreadReply) => this.#hear(reply));
    this.#worker.on('messageerror', (cause) => this.#fail('said what cannot be read', cause));
    this.#worker.on('error', (cause) => this.#fail('ended', cause));
    this.#worker.on('exit', (code) => this.#fail(`ended with exit code ${code}`, undefined));
    this.#worker.unref();
  }

  /** Whether a task would be begun at once. */
  get isIdle(): boolean {
    return this.#end === undefined && this.#underWay.size === 0;
  }

  /** Whether it takes no more tasks. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Has a task done. An abort is not kept waiting; the thread gives the task up where the task looks for that.
   *
   * @param transfer memory of the input that the thread is given, and this side loses
   * @throws BitryoshkaError `thread-failed` when the thread ends, `not-supported` when it was closed; what the
   *   task throws; the signal's reason
   */
  async run<Name extends TaskName>(
    name: Name,
    input: TaskInput<Name>,
    options: ThreadTaskOptions = {},
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<TaskOutput<Name>> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#end) throw this.#end;
    const id = ++this.#tasks;
    try {
      this.#send({ id, name, input }, transfer);
    } catch (cause) {
      throw notPlain(name, cause);
    }
    this.#underWay.add(id);
    this.#worker.ref();
    const answer = new Promise<SomeOutput>((resolve, reject) => {
      this.#waiting.set(id, { options, resolve, reject });
    });
    try {
      return (await unlessAborted(answer, signal)) as TaskOutput<Name>;
    } finally {
      this.#forget(id);
    }
  }

  /** Ends it, whatever it is doing. */
  close(): Promise<void> {
    this.#closed ??= this.#terminate();
    return this.#closed;
  }

  async #terminate(): Promise<void> {
    this.#stop(threadClosed());
    await this.#worker.terminate();
  }

  #send(request: ThreadRequest, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  /** Nobody waits for a task any more; if it is under way still, it is of no use. */
  #forget(id: number): void {
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (this.#underWay.has(id) && !this.#end) this.#send({ id, abort: true });
  }

  #hear(reply: ThreadReply): void {
    const { id } = reply;
    const waiting = this.#waiting.get(id);
    try {
      if ('progress' in reply) waiting?.options.onProgress?.(reply.progress);
      else if ('checkpoint' in reply) waiting?.options.onCheckpoint?.(reply.checkpoint);
      else {
        this.#underWay.delete(id);
        if ('error' in reply) waiting?.reject(fromSent(reply.error));
        else waiting?.resolve(reply.output);
        this.#onChange();
      }
    } catch (error) {
      // What a callback throws is for the caller, as it is without threads.
      waiting?.reject(error);
    }
  }

  #fail(what: string, cause: unknown): void {
    this.#stop(threadFailed(what, cause));
  }

  #stop(reason: BitryoshkaError): void {
    if (this.#end) return;
    this.#end = reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#underWay.clear();
    this.#onChange();
  }
}

function threadFailed(what: string, cause: unknown): BitryoshkaError {
  const reason = (cause as Partial<Error> | undefined)?.message;
  const why = reason === undefined ? '' : ` (${reason})`;
  return new BitryoshkaError({
    code: 'thread-failed',
    message: `thread: got one that ${what}${why}, expected one that runs until it is closed.`,
    remedy:
      'See the cause, such as too little memory or threads that are not permitted; then try again.',
    cause,
  });
}

function notPlain(name: TaskName, cause: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got options that cannot be sent to a thread (${String(cause)}), expected plain data.`,
    remedy: 'Check the types of the options.',
    cause,
  });
}

export function threadClosed(): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: 'thread: got a call after close(), expected one before.',
    remedy: 'Create another one.',
  });
}
