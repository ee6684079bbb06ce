import { BitryoshkaError } from '@bitryoshka/core';
import type { ModelLocation } from '../models/model-files.ts';
import { locateModel, readRecord } from '../models/model-files.ts';
import type { TextModel, TextModelOptions } from '../models/text-model.ts';
import { bundledFiles } from '../static/bundled-model.ts';
import { isStaticConfig, loadStaticModel } from '../static/static-model.ts';
import { loadError } from '../transformers/load-error.ts';
import { loadTransformer } from '../transformers/transformer-model.ts';
import type { MatryoshkaEmbeddingsOptions } from './matryoshka-embeddings-options.ts';

export interface LoadTask extends Pick<TextModelOptions, 'onFile' | 'onWarning'> {
  /** Whether this is a thread besides the program's own. */
  readonly isThread: boolean;
}

/**
 * Loads what `model` stands for: a static model from its own files, a transformer through a library.
 *
 * @throws BitryoshkaError `model-not-found`, `model-failed`, `invalid-option` or `not-supported`
 */
export async function loadModel(
  options: MatryoshkaEmbeddingsOptions,
  task: LoadTask,
): Promise<TextModel> {
  const named = options.model ?? options.modelName;
  const location: ModelLocation =
    named === undefined ? { kind: 'given', files: await bundledFiles() } : locateModel(named);
  try {
    return await loadFrom(location, options, task);
  } catch (cause) {
    throw loadError(location, cause);
  }
}

async function loadFrom(
  location: ModelLocation,
  options: MatryoshkaEmbeddingsOptions,
  { isThread, ...task }: LoadTask,
): Promise<TextModel> {
  const { queryPrefix, documentPrefix, maxTokens, layerNorm } = options;
  const wanted = { queryPrefix, documentPrefix, maxTokens, layerNorm, ...task };
  if (location.kind !== 'hub') {
    const { files } = location;
    const config = await readRecord(files, 'config.json');
    if (isStaticConfig(config)) {
      refuseForStatic(files.name, options);
      return loadStaticModel(files, config, wanted);
    }
  }
  const { transformers, pooling, device, revision = 'main', cacheDirectory } = options;
  const dtype = options.dtype ?? (options.quantized === false ? 'fp32' : 'q8');
  const library = { transformers, pooling, dtype, device, revision, cacheDirectory };
  return loadTransformer(location, { ...wanted, ...library, isThread });
}

/** What only a transformer has would be ignored. */
function refuseForStatic(
  name: string,
  { pooling, dtype, quantized, device, revision, cacheDirectory }: MatryoshkaEmbeddingsOptions,
): void {
  const given = { pooling, dtype, quantized, device, revision, cacheDirectory };
  const fitting: Readonly<Record<string, unknown>> = {
    pooling: 'mean',
    quantized: true,
    dtype: 'q8',
    device: 'cpu',
  };
  for (const key of Object.keys(given) as (keyof typeof given)[]) {
    if (given[key] === undefined || given[key] === fitting[key]) continue;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `${key}: got ${String(given[key])}, which "${name}" has not: it is a static model, a table of token vectors.`,
      remedy: `Leave \`${key}\` out, or set \`model\` to a transformer.`,
    });
  }
}
