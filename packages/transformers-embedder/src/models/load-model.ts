import { basename, sep } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import type { LanguageModel, LibraryTokenizer, ModelConfig, TokenBatch } from './language-model.ts';
import { loadError } from './load-error.ts';
import type { ModelLocation } from './model-location.ts';
import { locateModel } from './model-location.ts';

export interface LoadModelOptions {
  /** Read `model_quantized.onnx` instead of `model.onnx`. */
  readonly quantized: boolean;
  /** Where files from the hub are kept. Default: the library's own folder. */
  readonly cacheDirectory?: string;
  /** Called with the number of files read and known of so far. */
  readonly onFile?: (done: number, total: number) => void;
}

/** Loads wait for one another: a local one changes settings that the library keeps per process. */
let lastLoad: Promise<unknown> = Promise.resolve();

/**
 * Loads a model and its tokenizer through transformers.js.
 *
 * @param model a local folder or a hub id
 * @throws BitryoshkaError `model-not-found` or `model-failed`
 */
export function loadModel(model: string, options: LoadModelOptions): Promise<LanguageModel> {
  const loaded = lastLoad.then(() => load(model, options));
  lastLoad = loaded.catch(() => undefined);
  return loaded;
}

async function load(model: string, options: LoadModelOptions): Promise<LanguageModel> {
  const location = locateModel(model, options.quantized);
  const library = await importLibrary();
  const restore =
    location.kind === 'folder' ? readOnlyFrom(location.parent, library.env) : () => {};
  try {
    const pipe = await library.pipeline(
      'feature-extraction',
      location.kind === 'folder' ? location.name : location.id,
      {
        quantized: options.quantized,
        local_files_only: location.kind === 'folder',
        ...(options.cacheDirectory === undefined ? {} : { cache_dir: options.cacheDirectory }),
        ...(options.onFile ? { progress_callback: countFiles(options.onFile) } : {}),
      },
    );
    return wrap(library, pipe as unknown as LibraryPipeline, location);
  } catch (cause) {
    throw loadError(location, cause);
  } finally {
    restore();
  }
}

type Library = typeof import('@xenova/transformers');
type Environment = Library['env'];

/** What a pipeline is made of; the library's own types leave these parts open. */
interface LibraryPipeline {
  readonly tokenizer: LibraryTokenizer;
  readonly model: {
    readonly config: ModelConfig;
    readonly session: { readonly inputNames: readonly string[] };
    (inputs: object): Promise<Outputs>;
    dispose(): Promise<unknown>;
  };
}

/** What models call their token vectors. */
type Outputs = Partial<Record<'last_hidden_state' | 'token_embeddings' | 'logits', OutputTensor>>;

interface OutputTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Imported on first use: it takes 90 ms and an installed `sharp`, which constructing must not. */
async function importLibrary(): Promise<Library> {
  try {
    return await import('@xenova/transformers');
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'model-failed',
      message: '@xenova/transformers could not be imported.',
      remedy:
        'Install it; where its copy of sharp fails, override sharp with "^0.34.5" in package.json.',
      cause,
    });
  }
}

/** Points the library at one folder, past its caches; returns what puts its settings back. */
function readOnlyFrom(folder: string, env: Environment): () => void {
  const ours: Partial<Environment> = {
    localModelPath: folder + sep,
    allowLocalModels: true,
    // A cached hub model of the same name would win over the folder.
    useFSCache: false,
    useBrowserCache: false,
    useCustomCache: false,
  };
  const before: Partial<Environment> = {};
  for (const key of Object.keys(ours) as (keyof Environment)[]) before[key] = env[key] as never;
  Object.assign(env, ours);
  return () => {
    for (const key of Object.keys(ours) as (keyof Environment)[]) {
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
  { Tensor }: Library,
  { tokenizer, model }: LibraryPipeline,
  location: ModelLocation,
): LanguageModel {
  return {
    name: location.kind === 'folder' ? location.name : basename(location.id),
    tokenizer,
    config: model.config,
    inputNames: model.session.inputNames,
    async run({ rows, positions, ids, mask }: TokenBatch) {
      const outputs = await model({
        input_ids: new Tensor('int64', ids, [rows, positions]),
        attention_mask: new Tensor('int64', mask, [rows, positions]),
      }).catch((cause: unknown) => {
        throw loadError(location, cause);
      });
      const output = outputs.last_hidden_state ?? outputs.token_embeddings ?? outputs.logits;
      const columns = output?.dims[2];
      if (!output || columns === undefined) {
        throw new BitryoshkaError({
          code: 'model-failed',
          message: `model: got the outputs ${Object.keys(outputs).join(', ')}, expected last_hidden_state with a vector per token.`,
          remedy: 'Export the model for feature extraction, without its own pooling.',
        });
      }
      return { rows, positions, columns, data: output.data };
    },
    async dispose() {
      await model.dispose();
    },
  };
}
