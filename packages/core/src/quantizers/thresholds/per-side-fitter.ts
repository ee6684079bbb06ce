import { applyAffineMap } from '../../transforms/affine-map.ts';
import { truncation } from '../../transforms/truncation.ts';
import { AffineQuantizer } from '../affine-quantizer.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import { shrinkTowards } from './shrinkage.ts';
import type { ThresholdStatistic } from './threshold-statistic.ts';

/**
 * As `thresholdFitter`, but the statistic of the queries is drawn towards that of the documents by as
 * much as it is uncertain: few queries change little, many decide.
 */
export function perSideFitter(kind: string, statistic: ThresholdStatistic): QuantizerFitter {
  return (documents, { bits, queries }) => {
    const map = truncation(documents.columns, bits);
    const document = statistic(applyAffineMap(map, documents));
    const query = queries
      ? shrinkTowards(document, applyAffineMap(map, queries), statistic)
      : document;
    return new AffineQuantizer({ kind, map, thresholds: { document, query } });
  };
}
