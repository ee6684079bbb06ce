import { columnMeans, columnMedians } from '../vectors/statistics.ts';
import type { QuantizerFitter } from './fitter.ts';
import {
  allComponents,
  fitQuantileGroups,
  fitThermometer,
  groupFitter,
  plannedFitter,
} from './groups/fit-groups.ts';
import { fitAutoencoderQuantizer } from './learned/fit-learned.ts';
import { fitHead } from './learned/train-codes.ts';
import { fitResidualQuantizer } from './residual/fit-residual-quantizer.ts';
import { fitItqQuantizer, fitPcaQuantizer, fitRandomQuantizer } from './rotation/fit-rotation.ts';
import { perSideFitter, thresholdFitter } from './thresholds/fit-thresholds.ts';
import {
  fitLearnedPerSideQuantizer,
  fitLearnedQuantizer,
} from './thresholds/learned-thresholds.ts';
import { lloydMaxThreshold } from './thresholds/lloyd-max.ts';
import { otsuThreshold } from './thresholds/otsu.ts';
import { sortedColumnStatistic } from './thresholds/statistics.ts';

/**
 * - `sign`: the first `bits` dimensions, 1 where a value is above zero. The baseline.
 * - `mean`, `median`: the same, 1 where it is above the mean or median of that dimension.
 * - `otsu`: where it is above the threshold that separates two classes of values best.
 * - `lloyd-max`: where it is nearer to the upper of the two levels of least squared error.
 * - `learned`: where it is above a threshold learned from the similarities of the documents.
 * - `median-per-side`, `learned-per-side`: the same with thresholds of their own for queries, as far as
 *   the given queries are enough to tell.
 * - `random`: centred and rotated at random.
 * - `pca`: the leading principal components.
 * - `itq`: the leading principal components, rotated so that taking signs loses least.
 * - `autoencoder`: the codes from which a linear decoder restores the vectors best.
 * - `head`: an encoder and a decoder trained together on the similarities of the documents, and codes chosen
 *   for the decoder.
 * - `residual`: first bits that a linear decoder restores vectors from, and bytes that name vectors for what these
 *   leave.
 * - `groups`: the leading dimensions one to one, later ones in groups of correlated dimensions, 1 where
 *   any of a group is above its learned threshold.
 * - `groups-quantile`: the same with neighbouring dimensions and thresholds that are quantiles.
 * - `groups-linear`: the same as `groups`, 1 where a learned weighted sum is above zero.
 * - `thermometer`: two bits each for half as many leading dimensions.
 * - `planned`: the layout of these that keeps most neighbours of documents that were held out.
 * - `pca-planned`: the same, of the principal components.
 */
export type QuantizerKind =
  | 'sign'
  | 'mean'
  | 'median'
  | 'otsu'
  | 'lloyd-max'
  | 'learned'
  | 'median-per-side'
  | 'learned-per-side'
  | 'random'
  | 'pca'
  | 'itq'
  | 'autoencoder'
  | 'head'
  | 'residual'
  | 'groups'
  | 'groups-quantile'
  | 'groups-linear'
  | 'thermometer'
  | 'planned'
  | 'pca-planned';

/** Every kind of quantizer that can be fitted. Pure, so that a bundle that only loads some has none of them. */
export const quantizerFitters: Readonly<Record<QuantizerKind, QuantizerFitter>> = {
  sign: /* @__PURE__ */ thresholdFitter('sign', ({ columns }) => new Float32Array(columns)),
  mean: /* @__PURE__ */ thresholdFitter('mean', columnMeans),
  median: /* @__PURE__ */ thresholdFitter('median', columnMedians),
  otsu: /* @__PURE__ */ thresholdFitter(
    'otsu',
    /* @__PURE__ */ sortedColumnStatistic(otsuThreshold),
  ),
  'lloyd-max': /* @__PURE__ */ thresholdFitter(
    'lloyd-max',
    /* @__PURE__ */ sortedColumnStatistic(lloydMaxThreshold),
  ),
  learned: fitLearnedQuantizer,
  'median-per-side': /* @__PURE__ */ perSideFitter('median-per-side', columnMedians),
  'learned-per-side': fitLearnedPerSideQuantizer,
  random: fitRandomQuantizer,
  pca: fitPcaQuantizer,
  itq: fitItqQuantizer,
  autoencoder: fitAutoencoderQuantizer,
  head: async (documents, options) =>
    (await fitHead(documents, { ...options, ...options.head })).quantizer,
  residual: fitResidualQuantizer,
  groups: /* @__PURE__ */ groupFitter('groups', { rule: 'or', grouping: 'correlation' }),
  'groups-quantile': fitQuantileGroups,
  'groups-linear': /* @__PURE__ */ groupFitter('groups-linear', {
    rule: 'linear',
    grouping: 'correlation',
  }),
  thermometer: fitThermometer,
  planned: /* @__PURE__ */ plannedFitter('planned', () => undefined),
  'pca-planned': /* @__PURE__ */ plannedFitter('pca-planned', allComponents),
};
