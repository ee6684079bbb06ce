import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { HadamardMap } from '../../transforms/hadamard-rotation.ts';
import { truncation } from '../../transforms/truncation.ts';
import { AffineQuantizer } from '../affine-quantizer.ts';
import type { QuantizerFitter } from '../quantizer-fitter.ts';
import type { ThresholdStatistic } from './threshold-statistic.ts';

/**
 * The first `bits` dimensions, 1 where a value is above its column's statistic. With queries, theirs
 * are compared with the statistic of the queries.
 */
export function thresholdFitter(kind: string, statistic: ThresholdStatistic): QuantizerFitter {
  return (documents, { bits, queries }) => {
    const map = truncation(documents.columns, bits);
    const document = statistic(applyAffineMap(map, documents));
    const query = queries ? statistic(applyAffineMap(map, queries)) : document;
    return new AffineQuantizer({ kind, map, thresholds: { document, query } });
  };
}

/** The outputs of a map as they are: 1 above zero, on both sides. */
export function zeroThresholdQuantizer(
  kind: string,
  map: AffineMap | HadamardMap,
): AffineQuantizer {
  const zero = new Float32Array(map.bias.length);
  return new AffineQuantizer({ kind, map, thresholds: { document: zero, query: zero } });
}
