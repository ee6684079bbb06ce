import type { EvaluationRow } from '@bitryoshka/core/evaluation';

/** The rows that were re-ranked least, most often not at all: what codes do alone. */
export function shallowestRows(rows: readonly EvaluationRow[]): EvaluationRow[] {
  const shallowest = Math.min(...rows.map(({ rerank }) => rerank));
  return rows.filter(({ rerank }) => rerank === shallowest);
}
