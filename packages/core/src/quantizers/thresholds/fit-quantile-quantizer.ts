import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { checkedUnitRows } from '../../vectors/checked-unit-rows.ts';
import type { Vectors } from '../../vectors/matrix.ts';
import type { Quantizer } from '../quantizer.ts';
import { thresholdFitter } from './fit-thresholds.ts';
import { quantile } from './quantile.ts';
import { sortedColumnStatistic } from './statistics.ts';

export interface QuantileFitOptions {
  /** Length of a code: at most the dimension of the vectors. */
  readonly bits: number;
  /** The share of the documents whose bit is 0, between 0 and 1; 0.5 is the median. */
  readonly quantile: number;
  /** Vectors of queries such as will be asked: the thresholds of their side are their own quantiles. */
  readonly queries?: Vectors;
}

/**
 * Thresholds at any quantile of each of the first `bits` dimensions. Saved and loaded as every
 * quantizer, under the kind `quantile`.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite`, or `invalid-option` for a
 *   quantile outside 0 to 1 or a number of bits that the vectors cannot give
 */
export async function fitQuantileQuantizer(
  vectors: Vectors,
  options: QuantileFitOptions,
): Promise<Quantizer> {
  const { bits, quantile: share } = options;
  if (!(share >= 0 && share <= 1)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `quantile: got ${String(share)}, expected a number from 0 to 1.`,
      remedy: 'Give the share of documents whose bit should be 0.',
    });
  }
  const documents = checkedUnitRows(vectors, 'vectors');
  const { columns } = documents;
  const queries = options.queries && checkedUnitRows(options.queries, 'queries', columns);
  const fit = thresholdFitter(
    'quantile',
    sortedColumnStatistic((sorted) => quantile(sorted, share)),
  );
  return fit(documents, { bits, queries, seed: 0 });
}
