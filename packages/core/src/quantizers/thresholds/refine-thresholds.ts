import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import { truncation } from '../../transforms/truncation.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { toMatrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { AffineQuantizer } from '../affine-quantizer.ts';
import { DecodableQuantizer } from '../decodable-quantizer.ts';
import { LinearDecoder, refineLinearDecoder } from '../linear-decoder.ts';
import type { Quantizer, Side } from '../quantizer.ts';
import { shrinkTowards } from './shrinkage.ts';
import { statisticOf, statisticRules } from './statistics.ts';

export interface RefineOptions {
  /** Vectors of queries such as will be asked. */
  readonly queries?: Vectors;
}

/**
 * Adapts thresholds that were fitted once for a model, on a broad sample, to one collection. Document
 * thresholds move towards the statistic of the given vectors by as much as these are enough to tell:
 * nowhere for none or one, all the way for many.
 *
 * Queries lie somewhere between text in general, where the preset was fitted, and the documents of this
 * collection. Their thresholds move half as far, which errs least whichever it is, and from there
 * towards the statistic of the given queries by the same rule. The preset stays as it is. Its decoder,
 * where it has one, is adapted to the new codes of the documents in the same way.
 *
 * Source: see `shrinkTowards`.
 *
 * @param preset of kind `mean`, `median`, `otsu` or `lloyd-max`, or the same per side
 * @param documents any number
 * @throws BitryoshkaError `not-supported` for a preset of another kind, `dimension-mismatch` or
 *   `not-finite`
 */
export function refineThresholds(
  preset: Quantizer,
  documents: Vectors,
  options: RefineOptions = {},
): Quantizer {
  const { kind, inputDimensions, bits } = preset;
  // More data can refine what is a statistic, and needs nothing else to be known.
  const refinable = statisticRules.filter((rule) => rule !== 'quantile');
  const rule = refinable.find((known) => kind === known || kind === `${known}-per-side`);
  if (!rule) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `preset: got kind "${kind}", expected one of ${refinable.join(', ')}.`,
      remedy: 'Fit a quantizer of this kind on the vectors themselves.',
    });
  }
  const statistic = statisticOf(rule);
  const map = truncation(inputDimensions, bits);
  const unitRows = (vectors: Vectors, name: string): Matrix =>
    normalizeRows(toMatrix(vectors, { name, columns: inputDimensions }));

  // A truncated zero vector is zero, so its projection is what thresholds take from it.
  const origin = [new Float32Array(inputDimensions)];
  const known = (side: Side): Float32Array =>
    preset.project(origin, side).data.map((value) => 0 - value);
  const presetDocument = known('document');
  const unit = unitRows(documents, 'documents');
  const document = shrinkTowards(presetDocument, applyAffineMap(map, unit), statistic);
  const moved = known('query').map((value, j) => value + (document[j] - presetDocument[j]) / 2);
  const query = options.queries
    ? shrinkTowards(moved, applyAffineMap(map, unitRows(options.queries, 'queries')), statistic)
    : moved;
  const refined = new AffineQuantizer({ kind, map, thresholds: { document, query } });
  if (!(preset.decoder instanceof LinearDecoder)) return refined;
  const codes = refined.encode(unit, 'document');
  return new DecodableQuantizer(refined, refineLinearDecoder(preset.decoder, codes, unit));
}
