import type { Matrix } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { hubFiles } from '../models/hub-files.ts';
import { findKnownModel } from '../models/known-models.ts';
import type { ModelFiles, ModelLocation } from '../models/model-files.ts';
import type { ModelSettings } from '../models/model-settings.ts';
import { readSettings, refuseUnsupported } from '../models/model-settings.ts';
import type { TextModel, TextModelOptions } from '../models/text-model.ts';
import { TextTokenizer } from '../tokens/text-tokenizer.ts';
import { tokenLimit } from '../tokens/token-limit.ts';
import { readDenseLayers } from './dense-layers.ts';
import type { ModelOutput, TokenBatch } from './language-model.ts';
import type { LoadedLibrary, TransformersLibrary } from './library.ts';
import { findLibrary, majorVersion } from './library.ts';
import { loadLanguageModel } from './load-language-model.ts';
import type { Pooling } from './pooling.ts';
import { pool } from './pooling.ts';
import type { WeightType } from './weights.ts';
import { weightsFile } from './weights.ts';

export interface TransformerOptions extends TextModelOptions {
  readonly transformers?: TransformersLibrary | undefined;
  /** Default: what the model's files say, or else what is known of it, or else the mean. */
  readonly pooling?: Pooling | undefined;
  readonly dtype: WeightType;
  readonly device?: string | undefined;
  readonly revision: string;
  readonly cacheDirectory?: string | undefined;
  /** Whether this is a thread besides the program's own. */
  readonly isThread?: boolean | undefined;
}

/**
 * Loads a transformer with whatever its own files put behind it.
 *
 * @throws BitryoshkaError `model-not-found`, `model-failed`, `invalid-option` or `not-supported`
 */
export async function loadTransformer(
  location: ModelLocation,
  options: TransformerOptions,
): Promise<TextModel> {
  const { dtype, device, revision, cacheDirectory, onFile, onWarning } = options;
  const id = location.kind === 'hub' ? location.id : location.files.name;
  const library = await findLibrary(id, options.transformers);
  if (options.isThread && majorVersion(library) === 3) throw noThreads(library);
  // Said once the model is loaded: where that fails as well, its error says enough.
  let unreachable: string | undefined;
  const files =
    location.kind === 'hub'
      ? hubFiles({
          id,
          env: library.env,
          cacheDirectory,
          revision,
          onUnreachable: (reason) => {
            unreachable = reason;
          },
        })
      : location.files;
  const known = findKnownModel(id);
  const settings = await readSettings(files);
  const takesPooled = options.pooling === undefined;
  const model = await loadLanguageModel(library, location, {
    dtype,
    device,
    revision,
    cacheDirectory,
    onFile,
    takesPooled,
  });
  if (unreachable !== undefined) {
    onWarning(
      `model: the settings of "${id}" could not be read (${unreachable}): pooling and prefixes are those of the options, of what is known of the model, or the usual ones.`,
    );
  }
  const pooling = options.pooling ?? settings.pooling ?? known?.pooling ?? 'mean';
  const trained = settings.maxTokens ?? known?.maxTokens;
  const maxTokens = tokenLimit({ longest: model.longest, trained, wanted: options.maxTokens });
  const finish = finisher({ files, settings, pooling, takesPooled });
  const prefixes = {
    query: options.queryPrefix ?? settings.queryPrefix ?? known?.queryPrefix ?? '',
    document: options.documentPrefix ?? settings.documentPrefix ?? known?.documentPrefix ?? '',
  };
  const tokenizer = new TextTokenizer(model.tokenizer, maxTokens);
  return {
    files,
    tokenizer,
    dimensions: known?.dimensions,
    matryoshka: known?.matryoshka,
    prefixes,
    layerNorm: options.layerNorm ?? known?.layerNorm ?? false,
    async encode(texts) {
      const batch = toBatch(texts, model.padId);
      const lengths = texts.map((ids) => ids.length);
      return finish(await model.run(batch), lengths);
    },
    async identity() {
      const named = [
        weightsFile(dtype),
        `${weightsFile(dtype)}_data`,
        'config.json',
        'tokenizer.json',
        'tokenizer_config.json',
        ...settings.dense.map(({ folder }) => `${folder}/model.safetensors`),
      ];
      const hashes = await Promise.all(named.map((file) => files.hash(file)));
      const probe = [tokenizer.encode('a')];
      const output = await model.run(toBatch(probe, model.padId));
      const { columns } = await finish(output, [probe[0]?.length ?? 0]);
      return {
        // Where weights cannot be read again, as in browsers, their name has to do.
        ...(hashes[0] === undefined ? { id, revision, dtype } : {}),
        files: Object.fromEntries(named.map((file, i) => [file, hashes[i] ?? null])),
        pooling: output.kind === 'texts' ? 'its own' : pooling,
        dense: output.kind === 'texts' ? [] : settings.dense.map(({ activation }) => activation),
        columns,
        maxTokens,
      };
    },
    dispose: () => model.dispose(),
  };
}

interface FinishOptions {
  readonly files: ModelFiles;
  readonly settings: ModelSettings;
  readonly pooling: Pooling;
  readonly takesPooled: boolean;
}

/** From what the model gives to vectors: nothing is left to do where the graph pools by itself. */
function finisher({
  files,
  settings,
  pooling,
  takesPooled,
}: FinishOptions): (output: ModelOutput, lengths: readonly number[]) => Promise<Matrix> {
  let layers: ReturnType<typeof readDenseLayers> | undefined;
  return async (output, lengths) => {
    if (output.kind === 'texts') return output.vectors;
    if (takesPooled) refuseUnsupported(files.name, settings);
    layers ??= readDenseLayers(files, settings.dense).catch((cause) => {
      // A failed read is tried again.
      layers = undefined;
      throw cause;
    });
    return (await layers)(pool(output.vectors, lengths, pooling));
  };
}

/** Padded to the longest text. */
function toBatch(texts: readonly (readonly number[])[], padId: number): TokenBatch {
  const rows = texts.length;
  const positions = Math.max(...texts.map((ids) => ids.length));
  const ids = new BigInt64Array(rows * positions).fill(BigInt(padId));
  const mask = new BigInt64Array(rows * positions);
  texts.forEach((tokens, i) => {
    tokens.forEach((id, j) => {
      ids[i * positions + j] = BigInt(id);
    });
    mask.fill(1n, i * positions, i * positions + tokens.length);
  });
  return { rows, positions, ids, mask };
}

function noThreads({ env }: LoadedLibrary): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: `worker: got true with version ${env.version} of @huggingface/transformers, whose native part ends the program when a second thread loads it.`,
    remedy: 'Run `npm install @huggingface/transformers@4`, or leave `worker` out.',
  });
}
