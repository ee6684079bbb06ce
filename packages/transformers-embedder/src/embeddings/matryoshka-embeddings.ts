import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Matrix, Progress, Side, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, row, truncateMatryoshka } from '@bitryoshka/core';
import { Embeddings } from '@langchain/core/embeddings';
import { bundledModel } from '../models/bundled-model.ts';
import { checkOptions } from './check-options.ts';
import type { Embedder } from './embedder.ts';
import { loadEmbedder } from './embedder.ts';
import type { MatryoshkaEmbeddingsOptions } from './matryoshka-embeddings-options.ts';

type OnProgress = (progress: Progress) => void;

/**
 * Embeddings computed on this machine by transformers.js, cut to the wanted number of dimensions.
 * The model is loaded by the first call that needs it.
 */
export class MatryoshkaEmbeddings extends Embeddings {
  readonly #options: MatryoshkaEmbeddingsOptions;
  #embedder: Promise<Embedder> | undefined;

  /** @throws BitryoshkaError `invalid-option` */
  constructor(options: MatryoshkaEmbeddingsOptions = {}) {
    checkOptions(options);
    super(options);
    this.#options = { ...options };
  }

  /**
   * One vector per text, in the order of the texts.
   *
   * @throws BitryoshkaError as {@link embedMatrix} does
   */
  override async embedDocuments(
    texts: readonly string[],
    options: TaskOptions = {},
  ): Promise<number[][]> {
    const vectors = await this.embedMatrix(texts, 'document', options);
    return Array.from({ length: vectors.rows }, (_, i) => Array.from(row(vectors, i)));
  }

  /** @throws BitryoshkaError as {@link embedMatrix} does */
  override async embedQuery(text: string, options: TaskOptions = {}): Promise<number[]> {
    return Array.from((await this.embedMatrix([text], 'query', options)).data);
  }

  /**
   * The same vectors without the cost of lists of numbers: one row per text, in the order of the
   * texts. No texts give 0 rows and 0 columns.
   *
   * @param side whether the texts are searched for or searched with: decides the prefix
   * @throws BitryoshkaError `invalid-option` for a text that is no string or for options that do not
   *   fit the model, `model-not-found`, `model-failed`; and the reason of the signal, once aborted.
   */
  async embedMatrix(
    texts: readonly string[],
    side: Side,
    options: TaskOptions = {},
  ): Promise<Matrix> {
    checkTexts(texts);
    const { signal, onProgress = this.#options.onProgress } = options;
    signal?.throwIfAborted();
    if (texts.length === 0) return { rows: 0, columns: 0, data: new Float32Array(0) };
    const embedder = await this.#load(onProgress);
    const { queryPrefix = '', documentPrefix = '', batchSize = 16 } = this.#options;
    const prefix = side === 'query' ? queryPrefix : documentPrefix;
    // Texts of like length share a batch, so that little of it is padding.
    const order = Array.from(texts.keys()).sort((a, b) => texts[a]!.length - texts[b]!.length);
    let embedded: Matrix | undefined;
    for (let start = 0; start < order.length; start += batchSize) {
      signal?.throwIfAborted();
      const batch = order.slice(start, start + batchSize);
      const tokens = batch.map((i) => embedder.tokenizer.encode(prefix + texts[i]!));
      const vectors = this.#shape(await embedder.encoder.encode(tokens));
      const { columns } = vectors;
      embedded ??= { rows: texts.length, columns, data: new Float32Array(texts.length * columns) };
      for (const [at, i] of batch.entries()) embedded.data.set(row(vectors, at), i * columns);
      onProgress?.({ stage: 'embed', done: start + batch.length, total: texts.length });
      // The model blocks the thread: let timers, aborts and other requests have their turn.
      if (start + batchSize < order.length) await nextTurn();
    }
    return embedded as Matrix;
  }

  /** Lets go of the model; the next call loads it again. Do not call it while a call is running. */
  async dispose(): Promise<void> {
    const embedder = this.#embedder;
    this.#embedder = undefined;
    await embedder?.then(
      (loaded) => loaded.dispose(),
      // There is nothing to let go of after a failed load, and its caller has the error.
      () => undefined,
    );
  }

  /** Calls that come while the model loads share that load; a failed one is forgotten. */
  #load(onProgress: OnProgress | undefined): Promise<Embedder> {
    if (this.#embedder) return this.#embedder;
    const { model = bundledModel, pooling = 'mean', quantized = true } = this.#options;
    const { maxTokens, cacheDirectory } = this.#options;
    const loading = loadEmbedder(model, {
      pooling,
      quantized,
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
      ...(onProgress
        ? { onFile: (done: number, total: number) => onProgress({ stage: 'load', done, total }) }
        : {}),
    });
    this.#embedder = loading;
    loading.catch(() => {
      if (this.#embedder === loading) this.#embedder = undefined;
    });
    return loading;
  }

  #shape(vectors: Matrix): Matrix {
    const { dimensions = vectors.columns, layerNorm = false, normalize = true } = this.#options;
    return truncateMatryoshka(vectors, { dimensions, layerNorm, normalize });
  }
}

function checkTexts(texts: readonly string[]): void {
  if (!Array.isArray(texts)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `texts: got ${typeof texts}, expected a list of strings.`,
      remedy: 'Pass string[]; embedQuery takes a single text.',
    });
  }
  const at = texts.findIndex((text: unknown) => typeof text !== 'string');
  if (at < 0) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `texts[${at}]: got ${texts[at] === null ? 'null' : typeof texts[at]}, expected a string.`,
    remedy: 'Pass the text itself, such as `document.pageContent`.',
  });
}
