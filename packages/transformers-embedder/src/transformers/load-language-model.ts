import { BitryoshkaError } from '@bitryoshka/core';
import { hasFolders } from '#platform';
import type { ModelLocation } from '../models/model-files.ts';
import type { TokenSource } from '../tokens/text-tokenizer.ts';
import { splitsAtWhiteSpace } from '../tokens/word-tokens.ts';
import type { LanguageModel, ModelOutput, TokenBatch } from './language-model.ts';
import type { LibraryEnvironment, LoadedLibrary } from './library.ts';
import { majorVersion } from './library.ts';
import { loadError } from './load-error.ts';
import type { WeightType } from './weights.ts';
import { checkFiles } from './weights.ts';

export interface LoadOptions {
  readonly dtype: WeightType;
  readonly device: string | undefined;
  readonly revision: string;
  /** Where files from the hub are kept. Default: the library's own folder. */
  readonly cacheDirectory: string | undefined;
  /** Whether to take a pooled output where the model has one. */
  readonly takesPooled: boolean;
  /** Called with the number of files read and known of so far. */
  readonly onFile: ((done: number, total: number) => void) | undefined;
}

/** Loads wait for one another: a local one changes settings that the library keeps per process. */
let lastLoad: Promise<unknown> = Promise.resolve();

/**
 * Loads a model and its tokenizer.
 *
 * @throws BitryoshkaError `model-not-found`, `model-failed` or `invalid-option`
 */
export function loadLanguageModel(
  library: LoadedLibrary,
  location: ModelLocation,
  options: LoadOptions,
): Promise<LanguageModel> {
  const loaded = lastLoad.then(() => load(library, location, options));
  lastLoad = loaded.catch(() => undefined);
  return loaded;
}

async function load(
  library: LoadedLibrary,
  location: ModelLocation,
  options: LoadOptions,
): Promise<LanguageModel> {
  const { dtype, device, revision, cacheDirectory, onFile } = options;
  checkVersion(library, options);
  if (location.kind === 'folder') checkFiles(location.folder, dtype);
  const { name, settings } = placeOf(location);
  const isHub = location.kind === 'hub';
  const restore = setWhileLoading(settings, library.env);
  try {
    const pipe = await library.pipeline('feature-extraction', name, {
      // Version 2 reads the one, 3 and 4 the other.
      quantized: dtype === 'q8',
      dtype,
      local_files_only: location.kind === 'folder',
      ...(device === undefined ? {} : { device }),
      ...(isHub ? { revision } : {}),
      ...(cacheDirectory === undefined ? {} : { cache_dir: cacheDirectory }),
      ...(onFile ? { progress_callback: countFiles(onFile) } : {}),
    });
    return wrap(library, pipe as LibraryPipeline, location, options);
  } catch (cause) {
    throw loadError(location, cause);
  } finally {
    restore();
  }
}

/** What a pipeline is made of; the libraries' own types leave these parts open. */
interface LibraryPipeline {
  readonly tokenizer: LibraryTokenizer;
  readonly model: {
    readonly config: { readonly max_position_embeddings?: number };
    (inputs: object): Promise<Outputs>;
    dispose(): Promise<unknown>;
  };
}

interface LibraryTokenizer {
  (text: string, options: object): { readonly input_ids: readonly number[] };
  /** In tokens; missing or astronomically large where the author set none. */
  readonly model_max_length?: number;
  readonly pad_token_id?: number;
  readonly unk_token_id?: number;
  /** In version 4, what the others are themselves. */
  readonly _tokenizer?: object;
}

type OutputName = 'sentence_embedding' | 'last_hidden_state' | 'token_embeddings' | 'logits';
type Outputs = Partial<Record<OutputName, OutputTensor>>;

interface OutputTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

function checkVersion(library: LoadedLibrary, { dtype, device }: LoadOptions): void {
  if (majorVersion(library) > 2) return;
  const old = '@xenova/transformers 2';
  if (dtype !== 'q8' && dtype !== 'fp32') {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `dtype: got '${dtype}', expected 'q8' or 'fp32', which is all that ${old} runs.`,
      remedy: 'Run `npm install @huggingface/transformers`, or change `dtype`.',
    });
  }
  if (device !== undefined && device !== 'cpu' && device !== 'auto') {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `device: got '${device}', expected 'cpu', where ${old} always runs.`,
      remedy: 'Run `npm install @huggingface/transformers`, or leave `device` out.',
    });
  }
}

/** What a library is to look for, and the settings that point it to one folder or URL, past its caches. */
function placeOf(location: ModelLocation): {
  readonly name: string;
  readonly settings: Partial<LibraryEnvironment>;
} {
  if (location.kind === 'hub') return { name: location.id, settings: {} };
  // Where there are folders, version 4 runs only what it has in one.
  if (location.kind === 'given' || (location.kind === 'url' && hasFolders)) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `model: got ${location.files.name}, a transformer, expected a static model, which is all that can be read from there.`,
      remedy: 'Pass the folder or hub id of a transformer.',
    });
  }
  const whole = location.kind === 'folder' ? location.folder : location.url.href.replace(/\/$/, '');
  const at = Math.max(whole.lastIndexOf('/'), whole.lastIndexOf('\\')) + 1;
  const parent = whole.slice(0, at);
  // A cached hub model of the same name would win.
  const caches = { useFSCache: false, useBrowserCache: false, useCustomCache: false };
  return {
    name: whole.slice(at),
    settings:
      location.kind === 'folder'
        ? { localModelPath: parent, allowLocalModels: true, ...caches }
        : {
            remoteHost: parent,
            remotePathTemplate: '{model}/',
            allowRemoteModels: true,
            allowLocalModels: false,
            ...caches,
          },
  };
}

/** @returns what puts the settings back */
function setWhileLoading(ours: Partial<LibraryEnvironment>, env: LibraryEnvironment): () => void {
  const before: Partial<LibraryEnvironment> = {};
  const keys = Object.keys(ours) as (keyof LibraryEnvironment)[];
  for (const key of keys) before[key] = env[key] as never;
  Object.assign(env, ours);
  return () => {
    for (const key of keys) {
      // Somebody else's change in the meantime is theirs to keep.
      if (env[key] === ours[key]) env[key] = before[key] as never;
    }
  };
}

function countFiles(onFile: (done: number, total: number) => void) {
  let done = 0;
  let total = 0;
  return ({ status }: { readonly status: string }) => {
    if (status === 'initiate') total += 1;
    else if (status === 'done') done += 1;
    else return;
    onFile(done, total);
  };
}

function wrap(
  { Tensor }: LoadedLibrary,
  { tokenizer, model }: LibraryPipeline,
  location: ModelLocation,
  { takesPooled }: LoadOptions,
): LanguageModel {
  const limits = [tokenizer.model_max_length, model.config.max_position_embeddings].filter(
    (limit) => limit !== undefined && limit > 0,
  ) as number[];
  return {
    tokenizer: tokenSource(tokenizer),
    padId: tokenizer.pad_token_id ?? 0,
    longest: limits.length > 0 ? Math.min(...limits) : undefined,
    async run({ rows, positions, ids, mask }: TokenBatch): Promise<ModelOutput> {
      try {
        const outputs = await model({
          input_ids: new Tensor('int64', ids, [rows, positions]),
          attention_mask: new Tensor('int64', mask, [rows, positions]),
        });
        return readOutputs(outputs, { rows, positions }, takesPooled);
      } catch (cause) {
        throw loadError(location, cause);
      }
    },
    async dispose() {
      await model.dispose();
    },
  };
}

function readOutputs(
  outputs: Outputs,
  { rows, positions }: Pick<TokenBatch, 'rows' | 'positions'>,
  takesPooled: boolean,
): ModelOutput {
  const pooled = outputs.sentence_embedding;
  const width = pooled?.dims.at(-1);
  const ofTokens = outputs.last_hidden_state ?? outputs.token_embeddings ?? outputs.logits;
  const columns = ofTokens?.dims[2];
  if (pooled && width && (takesPooled || columns === undefined)) {
    return { kind: 'texts', vectors: { rows, columns: width, data: pooled.data } };
  }
  if (ofTokens && columns !== undefined) {
    return { kind: 'tokens', vectors: { rows, positions, columns, data: ofTokens.data } };
  }
  throw new BitryoshkaError({
    code: 'model-failed',
    message: `model: got the outputs ${Object.keys(outputs).join(', ')}, expected sentence_embedding, or last_hidden_state with a vector per token.`,
    remedy: 'Export the model for feature extraction.',
  });
}

function tokenSource(tokenizer: LibraryTokenizer): TokenSource {
  const parts = (tokenizer._tokenizer ?? tokenizer) as {
    readonly normalizer?: { readonly config?: { readonly type?: string } } | null;
    readonly model?: { readonly config?: { readonly type?: string } } | null;
    readonly added_tokens?: readonly { readonly content: string }[];
  };
  return {
    idsOf(text, withSpecialTokens) {
      // Without truncation and padding, which each version does in its own way.
      const options = { add_special_tokens: withSpecialTokens, return_tensor: false };
      return tokenizer(text, options).input_ids;
    },
    splitsAtWhiteSpace: splitsAtWhiteSpace({
      normalizer: parts.normalizer?.config?.type,
      model: parts.model?.config?.type,
      addedTokens: (parts.added_tokens ?? []).map(({ content }) => content),
    }),
    isUnknown: (id) => id === tokenizer.unk_token_id,
  };
}
