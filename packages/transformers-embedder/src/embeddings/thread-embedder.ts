import type { Matrix, Side, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { Thread } from '#platform';
import { startEmbedderThread } from '#platform';
import { isUrl } from '../models/model-files.ts';
import type { TokenCount } from '../tokens/text-tokenizer.ts';
import type { Embedder, EmbedderOptions } from './embedder.ts';
import type { EmbedderAnswer, EmbedderRequest, EmbedderResult } from './embedder-messages.ts';
import { fromThrown } from './embedder-messages.ts';

interface Waiting {
  readonly of: Thread;
  readonly resolve: (result: EmbedderResult) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: TaskOptions['onProgress'];
}

type Question = EmbedderRequest extends infer Request
  ? Request extends { readonly id: number }
    ? Omit<Request, 'id'>
    : never
  : never;

/** Embeds in a thread of its own, which is started by the first call and does not keep a program alive. */
export class ThreadEmbedder implements Embedder {
  readonly #options: EmbedderOptions;
  readonly #onWarning: (message: string) => void;
  readonly #waiting: Map<number, Waiting> = new Map();
  #thread: Thread | undefined;
  #asked = 0;

  constructor(options: EmbedderOptions, onWarning: (message: string) => void) {
    const { transformers } = options;
    if (transformers) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: 'worker: got true beside `transformers`, a module, which no thread can be given.',
        remedy: 'Leave `transformers` out: the thread finds the library that is installed.',
      });
    }
    this.#options = cloneable(options);
    this.#onWarning = onWarning;
  }

  async embed(texts: readonly string[], side: Side, options: TaskOptions): Promise<Matrix> {
    return (await this.#ask({ kind: 'embed', texts, side }, options)) as Matrix;
  }

  async fingerprint(): Promise<string> {
    return (await this.#ask({ kind: 'fingerprint' })) as string;
  }

  async count(texts: readonly string[]): Promise<TokenCount> {
    return (await this.#ask({ kind: 'count', texts })) as TokenCount;
  }

  async quantizerFile(): Promise<Uint8Array | undefined> {
    return (await this.#ask({ kind: 'quantizer' })) as Uint8Array | undefined;
  }

  async dispose(): Promise<void> {
    const thread = this.#thread;
    // Calls that come from now on start a thread of their own.
    this.#thread = undefined;
    await Promise.allSettled(this.#pending);
    await thread?.stop();
  }

  readonly #pending: Set<Promise<unknown>> = new Set();

  #ask(question: Question, { signal, onProgress }: TaskOptions = {}): Promise<EmbedderResult> {
    const id = ++this.#asked;
    this.#thread ??= this.#start();
    const thread = this.#thread;
    const answered = new Promise<EmbedderResult>((resolve, reject) => {
      this.#waiting.set(id, { of: thread, resolve, reject, onProgress });
      thread.keepAlive(true);
      thread.post({ ...question, id });
    });
    const stop = (): void => {
      thread.post({ kind: 'abort', id });
      this.#waiting.get(id)?.reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop);
    const result = answered.finally(() => {
      signal?.removeEventListener('abort', stop);
      this.#waiting.delete(id);
      this.#pending.delete(result);
      thread.keepAlive([...this.#waiting.values()].some(({ of }) => of === thread));
    });
    this.#pending.add(result);
    return result;
  }

  #start(): Thread {
    const thread: Thread = startEmbedderThread(
      { options: this.#options },
      (message) => this.#hear(message as EmbedderAnswer),
      (cause) => this.#fail(thread, cause),
    );
    return thread;
  }

  #hear(answer: EmbedderAnswer): void {
    if ('warning' in answer) {
      try {
        this.#onWarning(answer.warning);
      } catch (cause) {
        for (const { reject } of this.#waiting.values()) reject(cause);
      }
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    if ('result' in answer) waiting.resolve(answer.result);
    else if ('error' in answer) waiting.reject(fromThrown(answer.error));
    else {
      try {
        waiting.onProgress?.(answer.progress);
      } catch (cause) {
        waiting.of.post({ kind: 'abort', id: answer.id });
        waiting.reject(cause);
      }
    }
  }

  /** A thread that could not be started, or has ended by itself: the next call starts another one. */
  #fail(thread: Thread, cause: unknown): void {
    if (this.#thread === thread) this.#thread = undefined;
    const error = new BitryoshkaError({
      code: 'model-failed',
      message: `worker: the thread has ended (${String(Object(cause).message ?? cause)}).`,
      remedy: 'Leave `worker` out to embed in this thread; in a bundle, threads find no file.',
      cause,
    });
    for (const { of, reject } of this.#waiting.values()) if (of === thread) reject(error);
  }
}

/** Without what LangChain is given, which may hold functions; a URL as its text. */
function cloneable({
  maxConcurrency: _concurrency,
  maxRetries: _retries,
  onFailedAttempt: _attempt,
  model,
  ...options
}: EmbedderOptions): EmbedderOptions {
  return model === undefined ? options : { ...options, model: isUrl(model) ? model.href : model };
}
