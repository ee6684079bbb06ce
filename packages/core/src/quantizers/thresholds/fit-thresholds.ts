import type { Steps } from '../../progress/steps.ts';
import { inTurns } from '../../progress/steps.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap, applyInSteps } from '../../transforms/affine-map.ts';
import type { HadamardMap } from '../../transforms/hadamard-rotation.ts';
import { truncation } from '../../transforms/truncation.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { AffineQuantizer } from '../affine-quantizer.ts';
import type { QuantizerFitter } from '../fitter.ts';
import { shrinkTowards } from './shrinkage.ts';
import type { ThresholdStatistic } from './statistics.ts';

/**
 * The first `bits` dimensions, 1 where a value is above its column's statistic. With queries, theirs
 * are compared with the statistic of the queries.
 */
export function thresholdFitter(kind: string, statistic: ThresholdStatistic): QuantizerFitter {
  return async (documents, { bits, queries, signal }) => {
    const map = truncation(documents.columns, bits);
    const values = await inTurns(applyInSteps(map, documents), { signal });
    const document = await inTurns(columnByColumn(statistic, values), { signal });
    const query = queries ? statistic(applyAffineMap(map, queries)) : document;
    return new AffineQuantizer({ kind, map, thresholds: { document, query } });
  };
}

/**
 * As `thresholdFitter`, but the statistic of the queries is drawn towards that of the documents by as
 * much as it is uncertain: few queries change little, many decide.
 */
export function perSideFitter(kind: string, statistic: ThresholdStatistic): QuantizerFitter {
  return async (documents, { bits, queries, signal }) => {
    const map = truncation(documents.columns, bits);
    const values = await inTurns(applyInSteps(map, documents), { signal });
    const document = await inTurns(columnByColumn(statistic, values), { signal });
    const query = queries
      ? shrinkTowards(document, applyAffineMap(map, queries), statistic)
      : document;
    return new AffineQuantizer({ kind, map, thresholds: { document, query } });
  };
}

/** A statistic of many rows: sorting a column of 20,000 takes about two milliseconds. */
function* columnByColumn(statistic: ThresholdStatistic, values: Matrix): Steps<Float32Array> {
  const { rows, columns, data } = values;
  const thresholds = new Float32Array(columns);
  for (let j = 0; j < columns; j++) {
    const column = Float32Array.from({ length: rows }, (_, i) => data[i * columns + j]);
    thresholds.set(statistic({ rows, columns: 1, data: column }), j);
    yield;
  }
  return thresholds;
}

/** The outputs of a map as they are: 1 above zero, on both sides. */
export function zeroThresholdQuantizer(
  kind: string,
  map: AffineMap | HadamardMap,
): AffineQuantizer {
  const zero = new Float32Array(map.bias.length);
  return new AffineQuantizer({ kind, map, thresholds: { document: zero, query: zero } });
}
