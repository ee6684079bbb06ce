import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import { escapeHtml } from './escape-html.ts';
import { formatPercent } from './format-percent.ts';
import type { ReportData } from './report-data.ts';

/** Every row of the evaluation, in its order. */
export function resultsTable({ rows, dimensions }: ReportData): string {
  const body = rows.map((row, i) => {
    const before = rows[i - 1];
    const starts = i > 0 && (before?.quantizer !== row.quantizer || before.bits !== row.bits);
    return `<tr${starts ? ' class="group"' : ''}>${cells(row, dimensions)}</tr>`;
  });
  return `<div class="wide"><table>
<thead><tr><th class="text">quantizer</th><th>bits</th><th>bytes</th><th>smaller</th><th class="text">scoring</th><th>re-ranked</th><th>nDCG@10</th><th>of float</th><th>recall@10</th><th>fit</th></tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>`;
}

function cells(row: EvaluationRow, dimensions: number): string {
  return [
    `<td class="text">${escapeHtml(row.quantizer)}</td>`,
    `<td>${row.bits}</td>`,
    `<td>${row.bytesPerVector}</td>`,
    `<td>${smaller(row, dimensions)}</td>`,
    `<td class="text">${escapeHtml(row.scoring)}</td>`,
    `<td>${row.rerank === 0 ? '–' : row.rerank}</td>`,
    bar(row.ndcg10.toFixed(3), row.ndcg10Float > 0 ? row.ndcg10 / row.ndcg10Float : 0),
    `<td>${formatPercent(row.ndcg10, row.ndcg10Float)}</td>`,
    bar(row.recall10.toFixed(3), row.recall10),
    `<td>${row.fitSeconds.toFixed(2)} s</td>`,
  ].join('');
}

function smaller({ bytesPerVector }: EvaluationRow, dimensions: number): string {
  const factor = (dimensions * 4) / bytesPerVector;
  return `${factor >= 10 ? factor.toFixed(0) : factor.toFixed(1)}×`;
}

/** A number on a bar of its size. */
function bar(text: string, share: number): string {
  const percent = (100 * Math.min(1, Math.max(0, share))).toFixed(1);
  return `<td class="bar" style="--share:${percent}%">${text}</td>`;
}
