import { checkOutputDimensions } from '../../transforms/truncation.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { FamilyFitter, FitterOptions } from '../fitter.ts';
import { checkChoice, invalidOption } from '../fitter.ts';
import type { ArrangedLayout } from './arrange-layout.ts';
import { arrangeLayout, headAndGroups } from './arrange-layout.ts';
import type { GroupRule } from './group-quantizer.ts';
import { GroupQuantizer } from './group-quantizer.ts';
import { dropMembers, learnThresholds } from './learn-thresholds.ts';
import { allComponents, byRecall, scoreCandidates } from './plan-layout.ts';
import type { Trial } from './trial.ts';
import { prepareTrial } from './trial.ts';

export interface GroupOptions {
  /**
   * - `grouped`: the leading dimensions one to one, later ones in groups of correlated dimensions. The default.
   * - `thermometer`: two bits each for half as many leading dimensions, cut at quantiles.
   * - `planned`: of these, and of mixtures, what keeps most neighbours of documents that were held out.
   * - `pca-planned`: the same, of the principal components.
   */
  readonly layout?: 'grouped' | 'thermometer' | 'planned' | 'pca-planned' | undefined;
  /**
   * How a group decides its bit, for layout `grouped`: `or`, 1 where any of it is above its learned threshold;
   * `linear`, 1 where a learned weighted sum is above zero, which finds more at few bits. Planned layouts are `linear`.
   * Default: `or`.
   */
  readonly rule?: GroupRule | undefined;
}

/** Several dimensions to a bit, or several bits to a dimension, cut at learned thresholds. */
export const fitGroups: FamilyFitter<GroupOptions> = async (documents, options, own) => {
  const { layout = 'grouped', rule } = own;
  checkChoice('groups.layout', layout, ['grouped', 'thermometer', 'planned', 'pca-planned']);
  if (rule !== undefined) checkChoice('groups.rule', rule, ['or', 'linear']);
  if (rule !== undefined && layout !== 'grouped') {
    throw invalidOption('groups.rule', `${rule} for ${layout}`, 'none but for layout "grouped"');
  }
  const { columns } = documents;
  checkOutputDimensions(columns, options.bits);
  const map = layout === 'pca-planned' ? await allComponents(documents, options) : undefined;
  const arranged =
    layout === 'thermometer'
      ? thermometer(documents, options.bits)
      : await learned(await prepareTrial(documents, map, options.seed, options), options, own);
  const { thresholds } = arranged;
  return new GroupQuantizer({
    kind: kindOf(own),
    inputDimensions: columns,
    map,
    layout: arranged.layout,
    thresholds: { document: thresholds, query: thresholds },
  });
};

/** What it is called: `groups`, `groups-linear`, `thermometer`, … */
function kindOf({ layout = 'grouped', rule }: GroupOptions): string {
  if (layout !== 'grouped') return layout;
  return rule === 'linear' ? 'groups-linear' : 'groups';
}

/** Two bits for each of the first dimensions, half as many dimensions as bits. */
function thermometer(documents: Matrix, bits: number): ArrangedLayout {
  const segments = [{ dimensions: Math.ceil(bits / 2), bits }];
  return arrangeLayout(documents, segments, { rule: 'or', centre: 'median' });
}

async function learned(
  trial: Trial,
  options: FitterOptions,
  { layout = 'grouped', rule = 'or' }: GroupOptions,
): Promise<ArrangedLayout> {
  if (layout !== 'grouped') return planned(trial, options);
  const segments = headAndGroups(trial.values.columns, options.bits);
  const start = arrangeLayout(trial.values, segments, { rule, centre: 'median' });
  return dropMembers(await learnThresholds(start, trial, options), trial);
}

/** Candidates of different shapes whose thresholds are learned before the last choice. */
const finalistCount = 2;

/** The layout that keeps most on held-out documents, with learned thresholds. */
async function planned(trial: Trial, options: FitterOptions): Promise<ArrangedLayout> {
  const ranked = byRecall(await scoreCandidates(trial, options.bits, options));
  const finalists = ranked
    .filter(({ family }, i) => ranked.findIndex((other) => other.family === family) === i)
    .slice(0, finalistCount);
  let best: ArrangedLayout | undefined;
  let bestRecall = -Infinity;
  for (const finalist of finalists) {
    const start = arrangeLayout(trial.values, finalist.segments, finalist);
    const arranged = await learnThresholds(start, trial, options);
    const recall = trial.recall?.(arranged.layout, arranged.thresholds) ?? 0;
    if (recall > bestRecall) [best, bestRecall] = [arranged, recall];
  }
  return best as ArrangedLayout;
}
