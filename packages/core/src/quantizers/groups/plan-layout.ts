import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { fitPca } from '../../transforms/pca.ts';
import { checkOutputDimensions } from '../../transforms/truncation.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { checkNotEmpty, toMatrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { arrangeLayout } from './arrange-layout.ts';
import type { LayoutCandidate } from './layout-candidates.ts';
import { layoutCandidates } from './layout-candidates.ts';
import type { Trial } from './trial.ts';
import { columnSpreads, prepareTrial } from './trial.ts';

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
 * layouts `planned` and `pca-planned` of `fitQuantizer` also learn them.
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

/** A layout and what it is worth before any threshold is learned. */
export interface ScoredCandidate extends LayoutCandidate {
  /**
   * Share of the float neighbours of held-out documents that its codes find, re-ranked; absent where
   * there are too few documents to hold any out.
   */
  readonly recall?: number;
}

/** Tries every candidate; in their own order, the simplest first. */
export async function scoreCandidates(
  trial: Trial,
  bits: number,
  options: TaskOptions,
): Promise<ScoredCandidate[]> {
  const candidates = layoutCandidates(columnSpreads(trial.values), bits);
  if (!trial.recall) return candidates;
  const scored: ScoredCandidate[] = [];
  for (const [done, candidate] of candidates.entries()) {
    await checkpoint(options, { stage: 'plan', done, total: candidates.length });
    const { layout, thresholds } = arrangeLayout(trial.values, candidate.segments, candidate);
    scored.push({ ...candidate, recall: trial.recall(layout, thresholds) });
  }
  return scored;
}

/** The best ones first; of equally good ones the simpler. */
export function byRecall(candidates: readonly ScoredCandidate[]): ScoredCandidate[] {
  return candidates.toSorted((a, b) => (b.recall ?? 0) - (a.recall ?? 0));
}

/** All principal components, strongest first: the steep order that planning makes most of. */
export function allComponents(documents: Matrix, { signal }: TaskOptions): Promise<AffineMap> {
  return fitPca(documents, { outputDimensions: documents.columns, signal });
}
