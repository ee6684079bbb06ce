import type { TaskOptions } from '../../progress/task-options.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import type { Vectors } from '../../vectors/matrix.ts';
import { checkNotEmpty, toMatrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { allComponents } from './fit-groups.ts';
import type { ScoredCandidate } from './score-candidates.ts';
import { byRecall, scoreCandidates } from './score-candidates.ts';
import { prepareTrial } from './trial.ts';

export interface PlanOptions extends TaskOptions {
  /** The budget: at most the dimension of the vectors. */
  readonly bits: number;
  /** Lay the bits along the principal components instead of the dimensions. Default: `none`. */
  readonly rotation?: 'none' | 'pca';
  /** Same vectors, options and seed: same plan. Default: 0. */
  readonly seed?: number;
}

export interface LayoutPlan {
  /** The best of the candidates. */
  readonly layout: ScoredCandidate;
  /** Every layout that was tried, the simplest first. */
  readonly candidates: readonly ScoredCandidate[];
}

/**
 * Finds out how a bit budget is spent best on the dimensions of these vectors: one bit each, several
 * bits on the leading dimensions, or groups of later ones. Some vectors stand for queries; the layout
 * whose codes find most of their float neighbours among the others wins. Thresholds are quantiles here;
 * the kinds `planned` and `pca-planned` also learn them.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`
 */
export async function planLayout(vectors: Vectors, options: PlanOptions): Promise<LayoutPlan> {
  const { bits, rotation = 'none', seed = 0 } = options;
  const matrix = toMatrix(vectors);
  checkNotEmpty(matrix);
  checkOutputDimensions(matrix.columns, bits);
  const documents = normalizeRows(matrix);
  const map = rotation === 'pca' ? await allComponents(documents, options) : undefined;
  const trial = await prepareTrial(documents, map, seed, options);
  const candidates = await scoreCandidates(trial, bits, options);
  return { layout: byRecall(candidates)[0], candidates };
}
