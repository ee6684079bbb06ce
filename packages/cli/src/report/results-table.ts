import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import { escapeHtml } from './escape-html.ts';
import { formatPercent } from './format-percent.ts';
import type { ReportData } from './report-data.ts';
import { scrollBox } from './scroll-box.ts';

interface Column {
  readonly name: string;
  readonly explanation: string;
  /** The order in which one wants it first. */
  readonly first: 'ascending' | 'descending';
  readonly isText?: boolean;
}

const columns: readonly Column[] = [
  {
    name: 'quantizer',
    explanation: 'what makes a code of a vector',
    first: 'ascending',
    isText: true,
  },
  { name: 'bits', explanation: 'length of a code', first: 'ascending' },
  { name: 'bytes', explanation: 'stored per vector', first: 'ascending' },
  { name: 'smaller', explanation: 'than the float vector', first: 'descending' },
  {
    name: 'scoring',
    explanation: 'how a query is compared with codes',
    first: 'ascending',
    isText: true,
  },
  { name: 're-ranked', explanation: 'candidates scored again with floats', first: 'ascending' },
  {
    name: 'nDCG@10',
    explanation: 'order of the results by the judgements, at most 1',
    first: 'descending',
  },
  { name: 'of float', explanation: 'share of the nDCG@10 of float search', first: 'descending' },
  {
    name: 'recall@10',
    explanation: 'share of the 10 nearest float vectors found',
    first: 'descending',
  },
  { name: 'fit', explanation: 'time to fit the quantizer, once', first: 'ascending' },
];

/** Every row of the evaluation, by quantizer; a script on the page sorts and folds them. */
export function resultsTable({ rows, dimensions, ndcg10Float }: ReportData): string {
  const quantizers = [...new Set(rows.map(({ quantizer }) => quantizer))];
  const bodies = quantizers.map((quantizer) => {
    const own = rows.filter((row) => row.quantizer === quantizer);
    return `<tbody>
${groupHead(quantizer, own, ndcg10Float)}
${own.map((row) => `<tr>${cells(row, dimensions)}</tr>`).join('\n')}
</tbody>`;
  });
  return scrollBox(
    'All measurements',
    `<table class="results">
<thead><tr>${columns.map(columnHead).join('')}</tr></thead>
${bodies.join('\n')}
</table>`,
    'table',
  );
}

function columnHead({ name, explanation, first, isText }: Column): string {
  return `<th scope="col" data-first="${first}"${isText ? ' class="text"' : ''}><span class="name">${name}</span><small>${explanation}</small></th>`;
}

/** Names a quantizer, with the best of each measure among its rows. */
function groupHead(quantizer: string, rows: readonly EvaluationRow[], ndcg10Float: number): string {
  const ndcg10 = Math.max(...rows.map((row) => row.ndcg10));
  const recall10 = Math.max(...rows.map((row) => row.recall10));
  return `<tr class="group"><th scope="rowgroup" class="text"><span class="name">${escapeHtml(quantizer)}</span></th><td class="text" colspan="5">best of ${rows.length}<span class="narrow">nDCG ${ndcg10.toFixed(3)}, recall ${recall10.toFixed(3)}</span></td>${measures(ndcg10, recall10, ndcg10Float)}<td></td></tr>`;
}

function cells(row: EvaluationRow, dimensions: number): string {
  return [
    `<th scope="row" class="text">${escapeHtml(row.quantizer)}</th>`,
    `<td>${row.bits}</td>`,
    `<td>${row.bytesPerVector}</td>`,
    `<td>${smaller(row, dimensions)}</td>`,
    `<td class="text">${escapeHtml(row.scoring)}</td>`,
    `<td>${row.rerank === 0 ? '–' : row.rerank}</td>`,
    measures(row.ndcg10, row.recall10, row.ndcg10Float),
    `<td>${row.fitSeconds.toFixed(2)} s</td>`,
  ].join('');
}

function measures(ndcg10: number, recall10: number, ndcg10Float: number): string {
  return [
    bar(ndcg10.toFixed(3), ndcg10Float > 0 ? ndcg10 / ndcg10Float : 0),
    `<td>${formatPercent(ndcg10, ndcg10Float)}</td>`,
    bar(recall10.toFixed(3), recall10),
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
