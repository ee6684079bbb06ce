import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { arrangeLayout } from './arrange-layout.ts';
import { columnSpreads } from './column-spreads.ts';
import type { LayoutCandidate } from './layout-candidates.ts';
import { layoutCandidates } from './layout-candidates.ts';
import type { Trial } from './trial.ts';

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
