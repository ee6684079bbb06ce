import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import { formatPercent } from './format-percent.ts';
import type { ReportData } from './report-data.ts';
import { shallowestRows } from './shallowest-rows.ts';

/** Share of the float nDCG@10 that is worth pointing out. */
const goal = 0.95;

/** What the rows say in a few sentences, as text. */
export function findings({ rows, ndcg10Float, dimensions }: ReportData): string[] {
  const alone = shallowestRows(rows);
  const best = alone.toSorted((a, b) => b.ndcg10 - a.ndcg10)[0]!;
  const good = rows
    .filter(({ ndcg10 }) => ndcg10 >= goal * ndcg10Float)
    .toSorted(
      (a, b) => a.bytesPerVector - b.bytesPerVector || a.rerank - b.rerank || b.ndcg10 - a.ndcg10,
    )[0];
  const kept = formatPercent(best.ndcg10, ndcg10Float);
  const size = (row: EvaluationRow) => `${row.bytesPerVector} bytes instead of ${dimensions * 4}`;
  return [
    `Best ${best.rerank === 0 ? 'without re-ranking' : `re-ranking ${best.rerank}`}: ${name(best)} keeps ${kept} of the float nDCG@10 in ${size(best)}, and finds ${formatPercent(best.recall10, 1)} of the 10 nearest float vectors.`,
    good
      ? `Smallest that keeps ${100 * goal} %: ${name(good)}${good.rerank > 0 ? `, re-ranking ${good.rerank} by their stored vectors` : ''}${good.rerank > 0 ? ': it scans ' : ': '}${size(good)}.`
      : `No code of this report keeps ${100 * goal} % of the float nDCG@10.`,
  ];
}

function name({ quantizer, bits, scoring }: EvaluationRow): string {
  return `${quantizer} at ${bits} bits with ${scoring} scoring`;
}
