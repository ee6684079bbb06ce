import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import { formatPercent } from './format-percent.ts';
import type { ReportData } from './report-data.ts';
import { shallowestRows } from './shallowest-rows.ts';

/** Share of the float nDCG@10 that is worth pointing out. */
const goal = 0.95;

interface Finding {
  /** What was looked for. */
  readonly of: string;
  readonly text: string;
}

/** What the rows say in a few sentences, as text. */
export function findings({
  rows,
  ndcg10Float,
  dimensions,
}: Pick<ReportData, 'rows' | 'ndcg10Float' | 'dimensions'>): Finding[] {
  const alone = shallowestRows(rows);
  const best = alone.toSorted((a, b) => b.ndcg10 - a.ndcg10)[0]!;
  const good = rows
    .filter(({ ndcg10 }) => ndcg10 >= goal * ndcg10Float)
    .toSorted(
      (a, b) => a.bytesPerVector - b.bytesPerVector || a.rerank - b.rerank || b.ndcg10 - a.ndcg10,
    )[0];
  const kept = formatPercent(best.ndcg10, ndcg10Float);
  const size = (row: EvaluationRow) =>
    `${row.bytesPerVector} bytes instead of ${(dimensions * 4).toLocaleString('en-US')}`;
  const share = `${100 * goal}\u00a0%`;
  const depth =
    good && good.rerank > 0
      ? `, re-ranking ${good.rerank} by their stored vectors: it scans `
      : ': ';
  return [
    {
      of: `Best ${best.rerank === 0 ? 'without re-ranking' : `re-ranking ${best.rerank}`}`,
      text: `${name(best)} keeps ${kept} of the float nDCG@10 in ${size(best)}, and finds ${formatPercent(best.recall10, 1)} of the 10 nearest float vectors.`,
    },
    {
      of: `Smallest that keeps ${share}`,
      text: good
        ? `${name(good)}${depth}${size(good)}.`
        : `no code of this report keeps ${share} of the float nDCG@10.`,
    },
  ];
}

function name({ quantizer, bits, scoring }: EvaluationRow): string {
  return `${quantizer} at ${bits} bits with ${scoring} scoring`;
}
