import type { Matrix, Side, TaskOptions } from '@bitryoshka/core';
import { applyAffineMap, truncateMatryoshka } from '@bitryoshka/core';
import { unlessAborted } from '@bitryoshka/core/internal';
import { nextTurn } from '#platform';
import type { TextModel } from '../models/text-model.ts';
import type { TokenCount } from '../tokens/text-tokenizer.ts';
import { countTokens, embedTexts, tokenize } from './embed-texts.ts';
import { fingerprintOf } from './fingerprint.ts';
import { loadModel } from './load-model.ts';
import type { MatryoshkaEmbeddingsOptions } from './matryoshka-embeddings-options.ts';

/** What embeds, in this thread or in another one. Batches run one after the other, those of several calls by turns. */
export interface Embedder {
  embed(texts: readonly string[], side: Side, options: TaskOptions): Promise<Matrix>;
  fingerprint(): Promise<string>;
  count(texts: readonly string[]): Promise<TokenCount>;
  /** The bytes of the `quantizer.safetensors` beside the model. */
  quantizerFile(): Promise<Uint8Array | undefined>;
  /** Lets go of the model, once the calls that are running have ended; the next call loads it again. */
  dispose(): Promise<void>;
}

export type EmbedderOptions = Omit<MatryoshkaEmbeddingsOptions, 'onProgress' | 'onWarning'>;

/** Unknown tokens in all of a batch, above which vectors say little about the texts. */
const mostUnknown = 0.5;

/** Embeds in this thread. The model is loaded by the first call that needs it. */
export class LocalEmbedder implements Embedder {
  readonly #options: EmbedderOptions;
  readonly #onWarning: (message: string) => void;
  readonly #warned: Set<string> = new Set();
  readonly #calls: Set<Promise<unknown>> = new Set();
  #loaded: Promise<TextModel> | undefined;
  #lastBatch: Promise<unknown> = Promise.resolve();

  readonly #isThread: boolean;

  /**
   * @param onWarning called once for each reason
   * @param isThread whether this is a thread besides the program's own
   */
  constructor(
    options: EmbedderOptions,
    onWarning: (message: string) => void,
    isThread: boolean = false,
  ) {
    this.#options = options;
    this.#onWarning = onWarning;
    this.#isThread = isThread;
  }

  embed(texts: readonly string[], side: Side, options: TaskOptions): Promise<Matrix> {
    return this.#call(async () => {
      const { signal, onProgress } = options;
      // An abort does not wait for a load, which other calls may be waiting for as well.
      const model = await unlessAborted(this.#load(onProgress), signal);
      return embedTexts(model, texts, {
        side,
        signal,
        onProgress,
        batchSize: this.#options.batchSize ?? 16,
        encode: (tokens) => this.#inTurn(() => model.encode(tokens, side)),
        shape: (vectors) => this.#shape(vectors, model),
        onTokens: (count) => this.#checkCoverage(count),
      });
    });
  }

  async fingerprint(): Promise<string> {
    const model = await this.#load();
    const { dimensions, normalize = true, adapter } = this.#options;
    const { prefixes, layerNorm } = model;
    const identity = await model.identity();
    const whole = adapter ? adapter.bias.length : identity.columns;
    return fingerprintOf({
      model: identity,
      prefixes,
      layerNorm,
      normalize,
      dimensions: dimensions ?? whole,
      adapter: adapter ? { weights: adapter.weights?.data, bias: adapter.bias } : null,
    });
  }

  async count(texts: readonly string[]): Promise<TokenCount> {
    const { tokenizer } = await this.#load();
    return countTokens(tokenizer, await tokenize(tokenizer, texts));
  }

  async quantizerFile(): Promise<Uint8Array | undefined> {
    const { files } = await this.#load();
    return files.read('quantizer.safetensors');
  }

  async dispose(): Promise<void> {
    const loaded = this.#loaded;
    // Calls that come from now on load a model of their own.
    this.#loaded = undefined;
    await Promise.allSettled(this.#calls);
    const gone = loaded?.then(
      (model) => model.dispose(),
      // There is nothing to let go of after a failed load, and its caller has the error.
      () => undefined,
    );
    // A load whose callers have all given up may never end.
    const isLoaded = loaded?.then(
      () => true,
      () => true,
    );
    if (await Promise.race([isLoaded, nextTurn()])) await gone;
  }

  #call<T>(task: () => Promise<T>): Promise<T> {
    const call = task().finally(() => this.#calls.delete(call));
    this.#calls.add(call);
    return call;
  }

  #inTurn<T>(batch: () => Promise<T>): Promise<T> {
    const result = this.#lastBatch.then(batch);
    this.#lastBatch = result.catch(() => undefined);
    return result;
  }

  /** Calls that come while the model loads share that load; a failed one is forgotten. */
  #load(onProgress?: TaskOptions['onProgress']): Promise<TextModel> {
    if (this.#loaded) return this.#loaded;
    const loading = loadModel(this.#options, {
      onFile: onProgress && ((done, total) => onProgress({ stage: 'load', done, total })),
      onWarning: (message) => this.#warn(message),
      isThread: this.#isThread,
    });
    this.#loaded = loading;
    loading.catch(() => {
      if (this.#loaded === loading) this.#loaded = undefined;
    });
    return loading;
  }

  #shape(vectors: Matrix, { layerNorm, matryoshka, dimensions: whole }: TextModel): Matrix {
    const { adapter, normalize = true } = this.#options;
    const mapped = adapter ? applyAffineMap(adapter, vectors) : vectors;
    const { dimensions = mapped.columns } = this.#options;
    if (!adapter && matryoshka && dimensions < (whole ?? 0) && !matryoshka.includes(dimensions)) {
      const trained =
        matryoshka.length > 0 ? `only to ${matryoshka.join(', ')}` : 'nor to any other number';
      this.#warn(
        `dimensions: this model was not trained to be cut to ${dimensions} (${trained}), so answers may suffer. Keep all, or pass an \`adapter\`.`,
      );
    }
    return truncateMatryoshka(mapped, { dimensions, layerNorm, normalize });
  }

  #checkCoverage({ tokens, unknown }: TokenCount): void {
    if (tokens === 0 || unknown <= tokens * mostUnknown) return;
    this.#warn(
      `${unknown} of ${tokens} tokens are unknown to the model: its vectors say little about such texts. Take a model of their language; \`coverage(texts)\` counts for all.`,
      'coverage',
    );
  }

  #warn(message: string, reason = message): void {
    if (this.#warned.has(reason)) return;
    this.#warned.add(reason);
    this.#onWarning(message);
  }
}
