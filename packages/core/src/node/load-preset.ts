import { fileURLToPath } from 'node:url';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { loadQuantizer } from '../quantizers/load.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import { loadAdapter } from '../training/adapter-file.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { readBytes } from './read-file.ts';

/** Models whose vectors there are presets for. */
export type PresetModel = 'all-minilm-l6-v2' | 'bitryoshka-static-v1';

export interface PresetOptions {
  /**
   * `autoencoder`: codes of 256 bits with a decoder, to use as they are while there are too few vectors
   * to fit some. `head`: trained codes of 128 bits, the first 64 of which are codes by themselves, also to
   * train further. `median`: one threshold per dimension, for `refineThresholds`. Default: `autoencoder`.
   */
  readonly kind?: 'autoencoder' | 'head' | 'median';
}

const kinds = ['autoencoder', 'head', 'median'] as const;

/** The names of all models with presets. */
export const presetModels: readonly PresetModel[] = ['all-minilm-l6-v2', 'bitryoshka-static-v1'];

/**
 * A quantizer that was fitted once on passages of many kinds and comes with this package: for stores that
 * have no vectors of their own yet to learn from. In browsers, fetch the file, `@bitryoshka/core/presets/…`,
 * and give it to `loadQuantizer`.
 *
 * @throws BitryoshkaError `invalid-option` for another model or kind
 */
export async function loadPreset(
  model: PresetModel,
  options: PresetOptions = {},
): Promise<Quantizer> {
  const { kind = 'autoencoder' } = options;
  check('model', model, presetModels);
  check('kind', kind, kinds);
  return loadQuantizer(await readPreset(`${model}-${kind}`));
}

/** Models that were not trained to be truncated, with an adapter that makes them so. */
export type AdapterModel = 'all-minilm-l6-v2';

/**
 * A Matryoshka adapter: after it, the leading 64, 128 and 256 dimensions of the model's vectors are good
 * vectors by themselves. For the option `adapter` of `@bitryoshka/transformers`, or `applyAffineMap`. In
 * browsers, fetch the file, `@bitryoshka/core/presets/…-adapter.safetensors`, and give it to `loadAdapter`.
 *
 * @throws BitryoshkaError `invalid-option` for another model
 */
export async function loadAdapterPreset(model: AdapterModel): Promise<AffineMap> {
  check('model', model, ['all-minilm-l6-v2']);
  return loadAdapter(await readPreset(`${model}-adapter`));
}

function readPreset(name: string): Promise<Uint8Array> {
  return readBytes(fileURLToPath(new URL(`../../presets/${name}.safetensors`, import.meta.url)));
}

function check(name: string, got: string, known: readonly string[]): void {
  if (known.includes(got)) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got "${got}", expected one of ${known.join(', ')}.`,
    remedy: 'Fit a quantizer on vectors of this model and save it.',
  });
}
