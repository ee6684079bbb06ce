import type { Codes, Matrix, Quantizer, Side, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, loadQuantizer, row } from '@bitryoshka/core';
import { Embeddings } from '@langchain/core/embeddings';
import type { TokenCount } from '../tokens/text-tokenizer.ts';
import type { Embedder } from './embedder.ts';
import { LocalEmbedder } from './embedder.ts';
import type { MatryoshkaEmbeddingsOptions } from './matryoshka-embeddings-options.ts';
import { checkOptions } from './matryoshka-embeddings-options.ts';
import { ThreadEmbedder } from './thread-embedder.ts';

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

/**
 * Embeddings computed on this machine, cut to the wanted number of dimensions: by the bundled model, or by a
 * transformer. The model is loaded by the first call that needs it. Batches run one at a time.
 */
export class MatryoshkaEmbeddings extends Embeddings {
  readonly #embedder: Embedder;
  readonly #onProgress: TaskOptions['onProgress'];

  /** @throws BitryoshkaError `invalid-option` */
  constructor(options: MatryoshkaEmbeddingsOptions = {}) {
    checkOptions(options);
    super(options);
    const { onProgress, onWarning = warn, worker = false, ...embedderOptions } = options;
    this.#onProgress = onProgress;
    this.#embedder = worker
      ? new ThreadEmbedder(embedderOptions, onWarning)
      : new LocalEmbedder(embedderOptions, onWarning);
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
    const checked = checkTexts(texts);
    checkSide(side);
    const { signal, onProgress = this.#onProgress } = options;
    signal?.throwIfAborted();
    if (checked.length === 0) return { rows: 0, columns: 0, data: new Float32Array(0) };
    return this.#embedder.embed(checked, side, { signal, onProgress });
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
        remedy:
          'Pass one: `loadPreset` of `@bitryoshka/core/node` for all-MiniLM-L6-v2, or fit one to vectors of this model with `fitQuantizer`.',
      });
    }
    const vectors = await this.embedMatrix(texts, side, task);
    if (vectors.rows > 0 && vectors.columns !== quantizer.inputDimensions) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `quantizer: got one for ${quantizer.inputDimensions} dimensions, expected one for ${vectors.columns}.`,
        remedy: 'Leave `dimensions` out, or pass a quantizer that was fitted to vectors as short.',
      });
    }
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
    const bytes = await this.#embedder.quantizerFile();
    return bytes && loadQuantizer(bytes);
  }

  /**
   * The same text for the same model files with options that give the same vectors, and another one
   * otherwise: tells stores and caches apart, also of models of equal dimension.
   *
   * @throws BitryoshkaError as {@link embedMatrix} does
   */
  async fingerprint(): Promise<string> {
    return this.#embedder.fingerprint();
  }

  /**
   * How many tokens of texts the model's vocabulary has. Texts in a language that the model does not speak
   * give vectors that are all alike.
   *
   * @throws BitryoshkaError as {@link embedMatrix} does
   */
  async coverage(texts: readonly string[]): Promise<Coverage> {
    const { tokens, unknown } = await this.#embedder.count(checkTexts(texts));
    return { tokens, unknown, share: tokens === 0 ? 1 : (tokens - unknown) / tokens };
  }

  /** Lets go of the model, once the calls that are running have ended; the next call loads it again. */
  async dispose(): Promise<void> {
    await this.#embedder.dispose();
  }
}

function checkSide(side: Side): void {
  if (side === 'document' || side === 'query') return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `side: got ${JSON.stringify(side) ?? 'nothing'}, expected 'document' or 'query'.`,
    remedy: 'Say whether the texts are searched for or searched with.',
  });
}

function warn(message: string): void {
  console.warn(`@bitryoshka/transformers: ${message}`);
}

/** @returns a copy, which the caller cannot change meanwhile */
function checkTexts(texts: readonly string[]): string[] {
  if (!Array.isArray(texts)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `texts: got ${typeof texts}, expected a list of strings.`,
      remedy: 'Pass string[]; embedQuery takes a single text.',
    });
  }
  const copy = [...texts];
  const at = copy.findIndex((text: unknown) => typeof text !== 'string');
  if (at < 0) return copy;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `texts[${at}]: got ${texts[at] === null ? 'null' : typeof texts[at]}, expected a string.`,
    remedy: 'Pass the text itself, such as `document.pageContent`.',
  });
}
