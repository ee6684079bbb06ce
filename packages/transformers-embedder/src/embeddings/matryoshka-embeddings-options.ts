import type { AffineMap, Progress } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { EmbeddingsParams } from '@langchain/core/embeddings';
import type { GivenFiles } from '../models/model-files.ts';
import type { TransformersLibrary } from '../transformers/library.ts';
import type { Pooling } from '../transformers/pooling.ts';
import { poolings } from '../transformers/pooling.ts';
import type { WeightType } from '../transformers/weights.ts';
import { weightTypes } from '../transformers/weights.ts';

export interface MatryoshkaEmbeddingsOptions extends EmbeddingsParams {
  /**
   * A local folder, a URL, a hub id, or the files of a static model by name. What exists on disk, or starts
   * with `.` or `/`, is a folder. Default: the bundled model.
   */
  readonly model?: string | URL | GivenFiles | undefined;
  /** The same as `model`, as LangChain's embeddings call it. */
  readonly modelName?: string | undefined;
  /**
   * What runs transformers: `await import('@huggingface/transformers')`. Default: `@huggingface/transformers`
   * or `@xenova/transformers`, whichever is installed. The bundled model needs neither.
   */
  readonly transformers?: TransformersLibrary | undefined;
  /** Default: what the model's own files say, or else `mean`. */
  readonly pooling?: Pooling | undefined;
  /** Scale vectors to unit length. Default: true. */
  readonly normalize?: boolean | undefined;
  /** Matryoshka truncation: how many leading dimensions to keep. Default: all. */
  readonly dimensions?: number | undefined;
  /** A map of vectors before they are truncated, such as one that `trainAdapter` has made. Default: none. */
  readonly adapter?: AffineMap | undefined;
  /** Standardise each vector before it is truncated. Default: true for models that are known to want it. */
  readonly layerNorm?: boolean | undefined;
  /** Put before every query, such as `query: `. Default: what the model's own files say, or is known of it. */
  readonly queryPrefix?: string | undefined;
  /** Put before every document, such as `passage: `. Default: as for `queryPrefix`. */
  readonly documentPrefix?: string | undefined;
  /** Tokens of a text that are read, special tokens included. Default: as many as the model was trained for. */
  readonly maxTokens?: number | undefined;
  /** Texts that run through the model at once; memory grows with it. Default: 16. */
  readonly batchSize?: number | undefined;
  /** Which export of the weights to run: `q8` reads `onnx/model_quantized.onnx`. Default: `q8`. */
  readonly dtype?: WeightType | undefined;
  /** The same as `dtype`, as `@xenova/transformers` calls it: true for `q8`, false for `fp32`. */
  readonly quantized?: boolean | undefined;
  /** Where version 3 or 4 of the library runs the model: `cpu`, `webgpu`. Default: the library's own. */
  readonly device?: string | undefined;
  /** Branch, tag or commit of a model on the hub. Default: `main`. */
  readonly revision?: string | undefined;
  /** Where files from the hub are kept. Default: the folder that the library uses. */
  readonly cacheDirectory?: string | undefined;
  /**
   * Embed in a thread of its own, so that the calling one stays free while a transformer runs. Node, Deno and
   * Bun. Default: false.
   */
  readonly worker?: boolean | undefined;
  /** Called while the model loads (stage `load`, in files) and after every batch (`embed`, in texts). */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called with what is likely wrong, once for each reason. Default: `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

type Check = readonly [expected: string, isValid: (value: unknown) => boolean];
type OwnOption = Exclude<keyof MatryoshkaEmbeddingsOptions, keyof EmbeddingsParams>;

const text: Check = ['a string', (value) => typeof value === 'string'];
const name: Check = [
  'a string that is not empty',
  (value) => typeof value === 'string' && value !== '',
];
const flag: Check = ['true or false', (value) => typeof value === 'boolean'];
const count: Check = [
  'a whole number of at least 1',
  (value) => Number.isInteger(value) && (value as number) >= 1,
];
const call: Check = ['a function', (value) => typeof value === 'function'];

function oneOf(values: readonly string[]): Check {
  return [`one of ${values.join(', ')}`, (value) => values.includes(value as string)];
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

const checks: Readonly<Record<OwnOption, Check>> = {
  model: [
    'a folder, a URL, a hub id, or files by name',
    (value) => name[1](value) || (isObject(value) && !Array.isArray(value)),
  ],
  modelName: name,
  transformers: ['the module of a library', (value) => isObject(value) || call[1](value)],
  pooling: oneOf(poolings),
  normalize: flag,
  dimensions: count,
  adapter: ['an affine map', (value) => isObject(value) && 'bias' in (value as object)],
  layerNorm: flag,
  queryPrefix: text,
  documentPrefix: text,
  maxTokens: count,
  batchSize: count,
  dtype: oneOf(weightTypes),
  quantized: flag,
  device: name,
  revision: name,
  cacheDirectory: name,
  worker: flag,
  onProgress: call,
  onWarning: call,
};

/** What LangChain gives to all embeddings. */
const inherited = ['maxConcurrency', 'maxRetries', 'onFailedAttempt', 'caller'];

/** How sister libraries call what has another name here. */
const otherNames: Readonly<Record<string, string>> = {
  truncateDim: 'dimensions',
  truncate_dim: 'dimensions',
  dims: 'dimensions',
  dimension: 'dimensions',
  model_name: 'model',
  modelPath: 'model',
  modelId: 'model',
  pipelineOptions: 'pooling` and `normalize',
  pretrainedOptions: 'dtype`, `device`, `revision` and `cacheDirectory',
  layer_norm: 'layerNorm',
  maxLength: 'maxTokens',
  max_length: 'maxTokens',
  cacheDir: 'cacheDirectory',
  cache_dir: 'cacheDirectory',
  progress_callback: 'onProgress',
  prefix: 'queryPrefix` and `documentPrefix',
};

/**
 * Checks what plain JavaScript callers may get wrong.
 *
 * @throws BitryoshkaError `invalid-option`, also for an option that nobody would look at
 */
export function checkOptions(options: MatryoshkaEmbeddingsOptions): void {
  if (!isPlainObject(options)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `options: got ${show(options)}, expected a plain object.`,
      remedy: 'Pass { model: … }.',
    });
  }
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || inherited.includes(key)) continue;
    const check = Object.hasOwn(checks, key) ? checks[key as OwnOption] : undefined;
    if (!check) throw unknownOption(key);
    const [expected, isValid] = check;
    if (!isValid(value)) throw invalid(key, show(value), expected);
  }
  const { model, modelName, dtype, quantized } = options;
  if (model !== undefined && modelName !== undefined && model !== modelName) {
    throw invalid('modelName', `"${modelName}"`, 'none beside `model`, which means the same');
  }
  if (dtype && quantized !== undefined && quantized !== (dtype === 'q8')) {
    throw invalid('quantized', `${quantized} beside dtype '${dtype}'`, 'one of the two');
  }
}

/** Also of another realm; anything else could have options where nobody looks. */
function isPlainObject(value: unknown): boolean {
  if (!isObject(value) || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function unknownOption(key: string): BitryoshkaError {
  const other = Object.hasOwn(otherNames, key) ? otherNames[key] : undefined;
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${key}: no such option, expected some of ${Object.keys(checks).join(', ')}.`,
    remedy: other ? `Use \`${other}\` instead.` : 'Correct its name, or leave it out.',
  });
}

function invalid(key: string, got: string, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${key}: got ${got}, expected ${expected}.`,
    remedy: `Correct \`${key}\`, or leave it out for its default.`,
  });
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
