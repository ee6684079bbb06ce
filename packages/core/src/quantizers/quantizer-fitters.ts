import { columnMeans, columnMedians } from '../vectors/statistics.ts';
import { fitAutoencoderQuantizer } from './autoencoder/fit-autoencoder-quantizer.ts';
import type { QuantizerFitter } from './quantizer-fitter.ts';
import {
  fitItqQuantizer,
  fitPcaQuantizer,
  fitRandomQuantizer,
} from './rotations/rotation-fitters.ts';
import { thresholdFitter } from './thresholds/threshold-quantizer.ts';

/**
 * - `sign`: the first `bits` dimensions, 1 where a value is above zero. The baseline.
 * - `mean`, `median`: the same, 1 where it is above the mean or median of that dimension.
 * - `random`: centred and rotated at random.
 * - `pca`: the leading principal components.
 * - `itq`: the leading principal components, rotated so that taking signs loses least.
 * - `autoencoder`: the codes from which a linear decoder restores the vectors best.
 */
export type QuantizerKind = 'sign' | 'mean' | 'median' | 'random' | 'pca' | 'itq' | 'autoencoder';

/** Every kind of quantizer that can be fitted. */
export const quantizerFitters: Readonly<Record<QuantizerKind, QuantizerFitter>> = {
  sign: thresholdFitter('sign', ({ columns }) => new Float32Array(columns)),
  mean: thresholdFitter('mean', columnMeans),
  median: thresholdFitter('median', columnMedians),
  random: fitRandomQuantizer,
  pca: fitPcaQuantizer,
  itq: fitItqQuantizer,
  autoencoder: fitAutoencoderQuantizer,
};
