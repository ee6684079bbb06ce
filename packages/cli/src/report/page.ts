import { basename, resolve } from 'node:path';
import { balanceChart } from './balance-chart.ts';
import { correlationChart, fullCorrelation } from './correlation-chart.ts';
import { depthChart } from './depth-chart.ts';
import { distributionChart } from './distribution-chart.ts';
import { escapeHtml } from './escape-html.ts';
import { findings } from './findings.ts';
import { pageStyle } from './page-style.ts';
import type { ReportData } from './report-data.ts';
import { resultsTable } from './results-table.ts';
import { sizeChart } from './size-chart.ts';
import { preparationChart, queryChart } from './time-chart.ts';
import { trainingChart } from './training-chart.ts';

/** The whole report as one HTML document that loads nothing. */
export function renderPage(data: ReportData): string {
  const title = escapeHtml(basename(resolve(data.folder)));
  const perSide = data.rows.some(({ quantizer }) => quantizer.endsWith('-per-side'));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: binary codes beside floats</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${header(data, title)}
${sizeSection(data)}
${depthSection(data)}
${distributionSection(data)}
${balanceSection(data)}
${correlationSection(data)}
${timeSection(data)}
${trainingSection(data)}
<section>
<h2>All measurements</h2>
<p class="caption">One row per quantizer, length, scoring and depth of re-ranking. The bars show the share of the float nDCG@10 and the recall.</p>
${resultsTable(data)}
</section>
<footer>Written by <code>bitryoshka report</code>. Quantizers were fitted on the documents${perSide ? ', those per side also on a half of the queries, to be asked the other half' : ' alone'}; judgements were used only to measure.</footer>
</main>
</body>
</html>
`;
}

function header(data: ReportData, title: string): string {
  const facts: readonly (readonly [string, string])[] = [
    ['documents', count(data.documents)],
    ['queries', count(data.queries)],
    ['dimensions', count(data.dimensions)],
    ['bytes per float vector', count(data.dimensions * 4)],
    ['float nDCG@10', data.ndcg10Float.toFixed(3)],
  ];
  return `<header>
<h1>${title}</h1>
<p class="subtitle">Binary codes beside float search · vectors <code>${escapeHtml(data.vectors)}</code> of <code>${escapeHtml(data.folder)}</code></p>
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>
<ul class="findings">${findings(data)
    .map((finding) => `<li>${escapeHtml(finding)}</li>`)
    .join('')}</ul>
</header>`;
}

function sizeSection(data: ReportData): string {
  const shallowest = Math.min(...data.rows.map(({ rerank }) => rerank));
  const depth = shallowest === 0 ? 'without re-ranking' : `re-ranking ${shallowest}`;
  return section(
    'Quality against size',
    `Each point is a quantizer at one length, ${depth}. Up and to the left is better. The dashed line is float search, at ${count(data.dimensions * 4)} bytes; the pale steps are the Pareto front over all panels: nothing as small is better than a point on it. ${explainScorings(data)}`,
    `<h3>nDCG@10: how good the results are, by the judgements</h3>
<div class="chart">${sizeChart(data, 'ndcg10')}</div>
<h3>recall@10: how many of the 10 nearest float vectors are found</h3>
<div class="chart">${sizeChart(data, 'recall10')}</div>`,
  );
}

function depthSection(data: ReportData): string {
  return section(
    `Re-ranking at ${data.inspectedBits} bits`,
    'The best candidates by code are scored once more with their float vectors, and the 10 best of those remain. Where a line has flattened, re-ranking more costs time and finds little. The oversampling is a tenth of the depth.',
    `<div class="chart">${depthChart(data)}</div>`,
  );
}

function distributionSection(data: ReportData): string {
  const { of, panels } = data.distributions;
  const what =
    of === 'dimension'
      ? `Values of ${panels.length} of the dimensions, from the most lopsided to the most centred. A threshold is well placed where it cuts the documents in half; a dimension far from zero is wasted on a threshold of zero.`
      : `Values behind ${panels.length} of the bits, from the most lopsided to the most centred. A bit is 1 above zero, and says most where zero cuts the documents in half.`;
  return section(
    'Distributions and thresholds',
    `${what} Where documents <span class="swatch" style="background:var(--document)"></span>and queries <span class="swatch line" style="border-color:var(--query)"></span>lie apart, thresholds of their own would help; a dashed threshold is that of the queries.`,
    `<div class="chart">${distributionChart(data)}</div>`,
  );
}

function balanceSection(data: ReportData): string {
  return section(
    `Balance of the bits at ${data.inspectedBits} bits`,
    'Each stroke is a bit. A bit that is 1 for half of the vectors tells most; one at the edge is the same for nearly all and tells next to nothing. H is the mean entropy per bit, at most 1.',
    `<div class="chart">${balanceChart(data)}</div>`,
  );
}

function correlationSection({ correlation, ...data }: ReportData): string {
  const { bits, dimensions, quantizer } = correlation;
  return `<section>
<figure class="beside">
<div class="chart">${correlationChart({ correlation, ...data })}</div>
<figcaption>
<h2>Correlation</h2>
<p class="caption">Above the diagonal: the first ${bits.length} bits of ${escapeHtml(quantizer)} at ${data.inspectedBits} bits, the quantizer whose codes find most. Below: the first ${dimensions.length} dimensions of the vectors. A coloured square is information that two of them share; the fainter the squares, the more each bit adds.</p>
<p class="scale" style="margin-top:18px"><span>−${fullCorrelation}</span><i></i><span>+${fullCorrelation}</span></p>
<p class="caption">Mean absolute correlation: bits ${meanMagnitude(bits)}, dimensions ${meanMagnitude(dimensions)}.</p>
</figcaption>
</figure>
</section>`;
}

function timeSection(data: ReportData): string {
  const { candidates, rerank, k, floatMilliseconds } = data.times;
  return section(
    `Time at ${data.inspectedBits} bits`,
    `On the machine that wrote this report, in one thread. Per query, the median: the scan compares all codes, and a finer stage adds what is shown: a re-score of its best ${count(candidates)}, or a re-rank of its best ${rerank} with floats, for the ${k} that are returned. Searching the ${count(data.documents)} float vectors takes ${floatMilliseconds.toFixed(2)} ms.`,
    `<h3>Once</h3>
<div class="chart">${preparationChart(data)}</div>
<h3>Per query</h3>
<div class="chart">${queryChart(data)}</div>`,
  );
}

/** How a head came about; nothing where there is none. */
function trainingSection({ training, inspectedBits }: ReportData): string {
  if (!training || training.stages.length === 0) return '';
  const { stages } = training;
  const depths = stages[0]!.recalls.map(({ rerank }) => rerank);
  const cells = depths.map(
    (depth) => `<th>${depth === 0 ? 'not re-ranked' : `re-ranked ${depth}`}</th>`,
  );
  const rows = stages.map(
    ({ name, recalls, isTaken }) =>
      `<tr><td class="text">${name}</td>${recalls
        .map(({ recall }) => `<td>${recall.toFixed(3)}</td>`)
        .join('')}<td class="text">${isTaken ? 'taken' : ''}</td></tr>`,
  );
  return section(
    `Training of the head at ${inspectedBits} bits`,
    'While encoder and decoder are trained together: the loss, the share of the neighbours of held-out vectors that the binary codes find, and the entropy per bit. The best measurement is kept. The table compares the start with what training and refining made of it, on the same held-out vectors.',
    `<h3>Loss</h3>
<div class="chart">${trainingChart(training, 'loss')}</div>
<h3>Held-out recall</h3>
<div class="chart">${trainingChart(training, 'recall')}</div>
<h3>Entropy per bit</h3>
<div class="chart">${trainingChart(training, 'entropy')}</div>
<h3>Before and after</h3>
<div class="wide"><table>
<thead><tr><th class="text">stage</th>${cells.join('')}<th></th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`,
  );
}

/** How a query is compared with a code, for those that occur. */
function explainScorings({ rows }: ReportData): string {
  const explanations: Readonly<Record<string, string>> = {
    symmetric: 'symmetric scoring compares codes with codes',
    asymmetric: 'asymmetric scoring compares the real values of the query with codes',
    decoded: 'decoded scoring compares the query with the vector that a code is decoded to',
  };
  const known = [...new Set(rows.map(({ scoring }) => scoring))].flatMap(
    (scoring) => explanations[scoring] ?? [],
  );
  const text = known.join('; ');
  return text && `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** @param caption what to see in it, as HTML */
function section(heading: string, caption: string, charts: string): string {
  return `<section>
<figure>
<figcaption><h2>${heading}</h2><p class="caption">${caption}</p></figcaption>
${charts}
</figure>
</section>`;
}

function meanMagnitude(matrix: readonly (readonly number[])[]): string {
  const size = matrix.length;
  if (size < 2) return '–';
  const sum = matrix.flat().reduce((total, value) => total + Math.abs(value), 0);
  const diagonal = matrix.reduce((total, row, i) => total + Math.abs(row[i]!), 0);
  return ((sum - diagonal) / (size * (size - 1))).toFixed(3);
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
