import type { EvaluationRow } from '@bitryoshka/core/evaluation';

/** What larger values of are better. */
export type Metric = 'ndcg10' | 'recall10';

/** The rows that no other beats with as few bytes, from the smallest to the best. */
export function paretoFront(rows: readonly EvaluationRow[], metric: Metric): EvaluationRow[] {
  const front: EvaluationRow[] = [];
  const order = rows.toSorted(
    (a, b) => a.bytesPerVector - b.bytesPerVector || b[metric] - a[metric],
  );
  for (const row of order) {
    if (row[metric] > (front.at(-1)?.[metric] ?? Number.NEGATIVE_INFINITY)) front.push(row);
  }
  return front;
}
