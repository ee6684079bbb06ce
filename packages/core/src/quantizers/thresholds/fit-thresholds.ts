import type { Steps } from '../../progress/steps.ts';
import { inTurns } from '../../progress/steps.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap, applyInSteps } from '../../transforms/affine-map.ts';
import { truncation } from '../../transforms/truncation.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { Thresholds } from '../affine-quantizer.ts';
import { AffineQuantizer } from '../affine-quantizer.ts';
import type { FamilyFitter, FitterOptions } from '../fitter.ts';
import { checkChoice, invalidOption } from '../fitter.ts';
import { learnedThresholds } from './learned-thresholds.ts';
import { shrinkTowards } from './shrinkage.ts';
import type { StatisticRule, ThresholdStatistic } from './statistics.ts';
import { statisticOf, statisticRules } from './statistics.ts';

export interface ThresholdOptions {
  /**
   * - `zero`: the baseline.
   * - `mean`, `median`, `quantile`: of the values of a dimension. `median` is the default.
   * - `otsu`: what separates two classes of values best.
   * - `lloyd-max`: the middle between the two levels of least squared error.
   * - `learned`: from the similarities of the documents.
   */
  readonly rule?: 'zero' | StatisticRule | 'learned' | undefined;
  /** The share of the documents whose bit is 0, from 0 to 1; for rule `quantile`, which needs it. */
  readonly quantile?: number | undefined;
  /**
   * Thresholds of their own for queries, as far as the given queries are enough to tell. Default: false, where
   * statistics are those of the given queries, however few, and learned thresholds those of the documents.
   */
  readonly perSide?: boolean | undefined;
}

/** The first `bits` dimensions, 1 where a value is above the threshold of its dimension and side. */
export const fitThresholds: FamilyFitter<ThresholdOptions> = async (documents, options, own) => {
  const { rule = 'median', quantile, perSide = false } = own;
  checkChoice('thresholds.rule', rule, ['zero', ...statisticRules, 'learned']);
  if (rule === 'zero' && perSide) {
    throw invalidOption('thresholds.perSide', perSide, 'a rule that learns from queries');
  }
  if (rule === 'quantile' ? !(quantile! >= 0 && quantile! <= 1) : quantile !== undefined) {
    const expected = rule === 'quantile' ? 'a number from 0 to 1' : 'it for rule "quantile" alone';
    throw invalidOption('thresholds.quantile', quantile, expected);
  }
  const map = truncation(documents.columns, options.bits);
  const kind = kindOf(rule, perSide);
  if (rule === 'zero') return new AffineQuantizer({ kind, map });
  const queries = perSide || rule !== 'learned' ? options.queries : undefined;
  const thresholds =
    rule === 'learned'
      ? await learnedThresholds(map, documents, { ...options, queries })
      : await statistics(statisticOf(rule, quantile), map, documents, { ...options, perSide });
  return new AffineQuantizer({ kind, map, thresholds });
};

/** What it is called: `sign`, `median`, `median-per-side`, … */
function kindOf(rule: NonNullable<ThresholdOptions['rule']>, perSide: boolean): string {
  if (rule === 'zero') return 'sign';
  if (perSide) return `${rule}-per-side`;
  return rule === 'learned' ? 'learned-thresholds' : rule;
}

/** By side; per side, that of the queries is drawn towards that of the documents by as much as it is uncertain. */
async function statistics(
  statistic: ThresholdStatistic,
  map: AffineMap,
  documents: Matrix,
  { queries, perSide, signal }: FitterOptions & { readonly perSide: boolean },
): Promise<Thresholds> {
  const values = await inTurns(applyInSteps(map, documents), { signal });
  const document = await inTurns(columnByColumn(statistic, values), { signal });
  if (!queries) return { document, query: document };
  const asked = applyAffineMap(map, queries);
  const query = perSide ? shrinkTowards(document, asked, statistic) : statistic(asked);
  return { document, query };
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
