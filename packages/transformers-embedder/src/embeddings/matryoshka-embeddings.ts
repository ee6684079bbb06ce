import type { Codes, Matrix, Progress, Quantizer, Side, TaskOptions } from '@bitryoshka/core';
import {
  applyAffineMap,
  BitryoshkaError,
  loadQuantizer,
  row,
  truncateMatryoshka,
} from '@bitryoshka/core';
import { Embeddings } from '@langchain/core/embeddings';
import type { TokenCount } from '../tokens/text-tokenizer.ts';
import { embedTexts } from './embed-texts.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { LoadedModel } from './load-model.ts';
import { loadModel } from './load-model.ts';
import type { MatryoshkaEmbeddingsOptions } from './matryoshka-embeddings-options.ts';
import { checkOptions } from './matryoshka-embeddings-options.ts';

type OnProgress = (progress: Progress) => void;

export interface EmbedBinaryOptions extends TaskOptions {
  /** Whether the texts are searched for or searched with. Default: `document`. */
  readonly side?: Side | undefined;
  /** Default: the `quantizer.safetensors` beside the model. */
  readonly quantizer?: Quantizer | undefined;
}

/** How much of some texts a model has words for. */
export interface Coverage extends TokenCount {
  /** Known tokens in all tokens, from 0 to 1; 1 for no tokens. */
  readonly share: number;
}

/** Unknown tokens in all of a batch, above which vectors say little about the texts. */
const mostUnknown = 0.5;

/**
 * Embeddings computed on this machine, cut to the wanted number of dimensions: by the bundled model, or by a
 * transformer. The model is loaded by the first call that needs it. Calls run one after the other.
 */
export class MatryoshkaEmbeddings extends Embeddings {
  readonly #options: MatryoshkaEmbeddingsOptions;
  readonly #warned = new Set<string>();
  #loaded: Promise<LoadedModel> | undefined;
  #last: Promise<unknown> = Promise.resolve();

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
   *   fit the model, `model-not-found`, `model-failed`, `not-supported`; and the reason of the signal, once
   *   aborted.
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
    return this.#inTurn(async () => {
      signal?.throwIfAborted();
      const { model } = await this.#load(onProgress);
      signal?.throwIfAborted();
      return embedTexts(model, texts, {
        side,
        signal,
        onProgress,
        batchSize: this.#options.batchSize ?? 16,
        shape: (vectors) => this.#shape(vectors, model),
        onTokens: (count) => this.#checkCoverage(count),
      });
    });
  }

  /**
   * Codes instead of vectors: packed bits, one row per text.
   *
   * @throws BitryoshkaError as {@link embedMatrix} does, and `invalid-option` without a quantizer
   */
  async embedBinary(texts: readonly string[], options: EmbedBinaryOptions = {}): Promise<Codes> {
    const { side = 'document', quantizer = await this.quantizer(), ...task } = options;
    if (!quantizer) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: 'quantizer: got none, and there is no quantizer.safetensors beside the model.',
        remedy: 'Fit one to vectors of this model with `fitQuantizer`, and pass it.',
      });
    }
    const vectors = await this.embedMatrix(texts, side, task);
    return quantizer.encode(
      vectors.rows > 0 ? vectors : { ...vectors, columns: quantizer.inputDimensions },
      side,
    );
  }

  /**
   * The `quantizer.safetensors` beside the model, for vectors of its full dimension; undefined where there is
   * none.
   *
   * @throws BitryoshkaError as {@link embedMatrix} does, and as `loadQuantizer` of `@bitryoshka/core`
   */
  async quantizer(): Promise<Quantizer | undefined> {
    const { files } = await this.#load(this.#options.onProgress);
    const bytes = await files?.read('quantizer.safetensors');
    return bytes && loadQuantizer(bytes);
  }

  /**
   * The same text for the same model files with options that give the same vectors, and another one otherwise: tells stores
   * and caches apart, also of models of equal dimension.
   *
   * @throws BitryoshkaError as {@link embedMatrix} does
   */
  async fingerprint(): Promise<string> {
    const { model } = await this.#load(this.#options.onProgress);
    const { dimensions, normalize = true, adapter } = this.#options;
    const { prefixes, layerNorm } = model;
    return fingerprintOf({
      model: await model.identity(),
      prefixes,
      layerNorm,
      normalize,
      dimensions: dimensions ?? null,
      adapter: adapter ? { weights: adapter.weights?.data, bias: adapter.bias } : null,
    });
  }

  /**
   * How many tokens of texts the model's vocabulary has. Texts in a language that the model does not speak
   * give vectors that are all alike.
   *
   * @throws BitryoshkaError as {@link embedMatrix} does
   */
  async coverage(texts: readonly string[]): Promise<Coverage> {
    checkTexts(texts);
    const { model } = await this.#load(this.#options.onProgress);
    let [tokens, unknown] = [0, 0];
    for (const text of texts) {
      const count = model.tokenizer.count(model.tokenizer.encode(text));
      tokens += count.tokens;
      unknown += count.unknown;
    }
    return { tokens, unknown, share: tokens === 0 ? 1 : (tokens - unknown) / tokens };
  }

  /** Lets go of the model, once the calls that are running have ended; the next call loads it again. */
  async dispose(): Promise<void> {
    await this.#inTurn(async () => {
      const loaded = this.#loaded;
      this.#loaded = undefined;
      await loaded?.then(
        ({ model }) => model.dispose(),
        // There is nothing to let go of after a failed load, and its caller has the error.
        () => undefined,
      );
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Calls that come while the model loads share that load; a failed one is forgotten. */
  #load(onProgress: OnProgress | undefined): Promise<LoadedModel> {
    if (this.#loaded) return this.#loaded;
    const loading = loadModel(this.#options, {
      onFile: onProgress && ((done, total) => onProgress({ stage: 'load', done, total })),
      onWarning: (message) => this.#warn(message),
    });
    this.#loaded = loading;
    loading.catch(() => {
      if (this.#loaded === loading) this.#loaded = undefined;
    });
    return loading;
  }

  #shape(vectors: Matrix, { layerNorm, matryoshka, dimensions: whole }: LoadedModel['model']) {
    const { adapter, normalize = true } = this.#options;
    const mapped = adapter ? applyAffineMap(adapter, vectors) : vectors;
    const { dimensions = mapped.columns } = this.#options;
    if (!adapter && matryoshka && dimensions < (whole ?? 0) && !matryoshka.includes(dimensions)) {
      const trained = matryoshka.length > 0 ? matryoshka.join(', ') : 'none but all';
      this.#warn(
        `dimensions: ${dimensions} is no number that this model was trained to be cut to (${trained}); answers may suffer.`,
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

  /** Once for each reason. */
  #warn(message: string, reason = message): void {
    if (this.#warned.has(reason)) return;
    this.#warned.add(reason);
    const { onWarning = (text: string) => console.warn(`@bitryoshka/transformers: ${text}`) } =
      this.#options;
    onWarning(message);
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
