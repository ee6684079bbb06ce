import type { TaskOptions } from '../../progress/task-options.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { fitPca } from '../../transforms/pca.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { QuantizerFitter } from '../fitter.ts';
import type { Quantizer } from '../quantizer.ts';
import type { ArrangedLayout, ArrangeOptions } from './arrange-layout.ts';
import { arrangeLayout } from './arrange-layout.ts';
import { dropMembers } from './drop-members.ts';
import { GroupQuantizer } from './group-quantizer.ts';
import { headAndGroups } from './layout-segment.ts';
import { learnThresholds } from './learn-thresholds.ts';
import { byRecall, scoreCandidates } from './score-candidates.ts';
import { prepareTrial } from './trial.ts';

/** The leading dimensions one to one, later ones in groups whose thresholds are learned. */
export function groupFitter(
  kind: string,
  arrange: Pick<ArrangeOptions, 'rule' | 'grouping'>,
): QuantizerFitter {
  return async (documents, options) => {
    const { columns } = documents;
    checkOutputDimensions(columns, options.bits);
    const trial = await prepareTrial(documents, undefined, options.seed, options);
    const start = arrangeLayout(trial.values, headAndGroups(columns, options.bits), {
      ...arrange,
      centre: 'median',
    });
    const learned = await learnThresholds(start, trial, options);
    return toQuantizer(kind, columns, dropMembers(learned, trial));
  };
}

/** Neighbouring dimensions in groups, cut where their bits are balanced: what learning must beat. */
export const fitQuantileGroups: QuantizerFitter = (documents, { bits }) => {
  const { columns } = documents;
  checkOutputDimensions(columns, bits);
  const arranged = arrangeLayout(documents, headAndGroups(columns, bits), balanced);
  return toQuantizer('groups-quantile', columns, arranged);
};

/** Two bits for each of the first dimensions, half as many dimensions as bits. */
export const fitThermometer: QuantizerFitter = (documents, { bits }) => {
  const { columns } = documents;
  checkOutputDimensions(columns, bits);
  const segments = [{ dimensions: Math.ceil(bits / 2), bits }];
  return toQuantizer('thermometer', columns, arrangeLayout(documents, segments, balanced));
};

const balanced: ArrangeOptions = { rule: 'or', grouping: 'consecutive', centre: 'median' };

/** Candidates of different families whose thresholds are learned before the last choice. */
const finalistCount = 2;

/** The layout that keeps most on held-out documents, with learned thresholds. */
export function plannedFitter(
  kind: string,
  fitMap: (documents: Matrix, options: TaskOptions) => Promise<AffineMap> | undefined,
): QuantizerFitter {
  return async (documents, options) => {
    const { columns } = documents;
    checkOutputDimensions(columns, options.bits);
    const map = await fitMap(documents, options);
    const trial = await prepareTrial(documents, map, options.seed, options);
    const ranked = byRecall(await scoreCandidates(trial, options.bits, options));
    const finalists = ranked
      .filter(({ family }, i) => ranked.findIndex((other) => other.family === family) === i)
      .slice(0, finalistCount);
    let best: ArrangedLayout | undefined;
    let bestRecall = -Infinity;
    for (const finalist of finalists) {
      const start = arrangeLayout(trial.values, finalist.segments, finalist);
      const learned = await learnThresholds(start, trial, options);
      const recall = trial.recall?.(learned.layout, learned.thresholds) ?? 0;
      if (recall > bestRecall) [best, bestRecall] = [learned, recall];
    }
    return toQuantizer(kind, columns, best as ArrangedLayout, map);
  };
}

/** All principal components, strongest first: the steep order that planning makes most of. */
export function allComponents(documents: Matrix, { signal }: TaskOptions): Promise<AffineMap> {
  return fitPca(documents, { outputDimensions: documents.columns, signal });
}

function toQuantizer(
  kind: string,
  inputDimensions: number,
  { layout, thresholds }: ArrangedLayout,
  map?: AffineMap,
): Quantizer {
  return new GroupQuantizer({
    kind,
    inputDimensions,
    map,
    layout,
    thresholds: { document: thresholds, query: thresholds },
  });
}
