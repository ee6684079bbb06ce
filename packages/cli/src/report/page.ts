import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { balanceChart } from './balance-chart.ts';
import { correlationChart, fullCorrelation } from './correlation-chart.ts';
import { depthChart } from './depth-chart.ts';
import { distributionChart } from './distribution-chart.ts';
import { escapeHtml } from './escape-html.ts';
import { findings } from './findings.ts';
import { pageAssets } from './page-assets.generated.ts';
import type { Provenance } from './provenance.ts';
import type { ReportData } from './report-data.ts';
import { resultsTable } from './results-table.ts';
import { scrollBox } from './scroll-box.ts';

import { sizeChart } from './size-chart.ts';
import { preparationChart, queryChart } from './time-chart.ts';
import { trainingChart } from './training-chart.ts';

/** Nothing is loaded, and no script runs but the one that is written here. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(pageAssets.script).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The whole report as one HTML document that loads nothing. */
export function renderPage(data: ReportData, provenance: Provenance): string {
  const title = escapeHtml(basename(resolve(data.folder)));
  const perSide = data.rows.some(({ quantizer }) => quantizer.endsWith('-per-side'));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">
<title>${title}: binary codes beside floats</title>
<style>${pageAssets.style}</style>
</head>
<body>
<header class="top"><p class="brand"><span aria-hidden="true">${pageAssets.icon}</span> bitryoshka</p>${written(provenance)}</header>
<main>
${introduction(data, title)}
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
</main>
<footer>
<h2>How this was made</h2>
<p>Quantizers were fitted on the documents${perSide ? ', those per side also on a half of the queries, to be asked the other half' : ' alone'}; judgements were used only to measure. The same again:</p>
<pre><code>${escapeHtml(provenance.command).replace(/--[a-z]+/g, '<span>$&</span>')}</code></pre>
</footer>
<script type="module">${pageAssets.script}</script>
</body>
</html>
`;
}

function written({ written: at, version }: Provenance): string {
  const moment = at.toISOString();
  const shown = `${moment.slice(0, 10)} ${moment.slice(11, 16)} UTC`;
  return `<p class="written">Report of <time datetime="${moment}">${shown}</time>, version ${escapeHtml(version)}</p>`;
}

function introduction(data: ReportData, title: string): string {
  const facts: readonly (readonly [string, string])[] = [
    ['documents', count(data.documents)],
    ['queries', count(data.queries)],
    ['dimensions', count(data.dimensions)],
    ['bytes per float vector', count(data.dimensions * 4)],
    ['float nDCG@10', data.ndcg10Float.toFixed(3)],
  ];
  return `<h1>${title}</h1>
<p class="subtitle">Binary codes beside float search · vectors <code>${escapeHtml(data.vectors)}</code> of <code>${escapeHtml(data.folder)}</code></p>
<div class="findings"><h2>Findings</h2>
<ul>${findings(data)
    .map(({ of, text }) => `<li><b>${escapeHtml(of)}:</b> ${escapeHtml(text)}</li>`)
    .join('')}</ul></div>
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function sizeSection(data: ReportData): string {
  const shallowest = Math.min(...data.rows.map(({ rerank }) => rerank));
  const depth = shallowest === 0 ? 'without re-ranking' : `re-ranking ${shallowest}`;
  return section(
    'Quality against size',
    `Each point is a quantizer at one length, ${depth}. Up and to the left is better. The dashed line is float search, at ${count(data.dimensions * 4)} bytes; the pale steps are the Pareto front over all panels: nothing as small is better than a point on it. ${explainScorings(data)}`,
    `<h3>nDCG@10: how good the results are, by the judgements</h3>
${sizeChart(data, 'ndcg10')}
<h3>recall@10: how many of the 10 nearest float vectors are found</h3>
${sizeChart(data, 'recall10')}`,
  );
}

function depthSection(data: ReportData): string {
  return section(
    `Re-ranking at ${data.inspectedBits} bits`,
    'The best candidates by code are scored once more with their float vectors, and the 10 best of those remain. Where a line has flattened, re-ranking more costs time and finds little. The oversampling is a tenth of the depth.',
    `${depthChart(data)}`,
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
    `${distributionChart(data)}`,
  );
}

function balanceSection(data: ReportData): string {
  return section(
    `Balance of the bits at ${data.inspectedBits} bits`,
    'Each stroke is a bit. A bit that is 1 for half of the vectors tells most; one at the edge is the same for nearly all and tells next to nothing. H is the mean entropy per bit, at most 1.',
    `${balanceChart(data)}`,
  );
}

function correlationSection({ correlation, ...data }: ReportData): string {
  const { bits, dimensions, quantizer } = correlation;
  return `<section>
<figure class="beside">
<figcaption>
<h2>Correlation</h2>
<p class="caption">Above the diagonal: the first ${bits.length} bits of ${escapeHtml(quantizer)} at ${data.inspectedBits} bits, the quantizer whose codes find most. Below: the first ${dimensions.length} dimensions of the vectors. A coloured square is information that two of them share; the fainter the squares, the more each bit adds.</p>
<p class="scale"><span>−${fullCorrelation}</span><i></i><span>+${fullCorrelation}</span></p>
<p class="caption">Mean absolute correlation: bits ${meanMagnitude(bits)}, dimensions ${meanMagnitude(dimensions)}.</p>
</figcaption>
${correlationChart({ correlation, ...data })}
</figure>
</section>`;
}

function timeSection(data: ReportData): string {
  const { candidates, rerank, k, floatMilliseconds } = data.times;
  return section(
    `Time at ${data.inspectedBits} bits`,
    `On the machine that wrote this report, in one thread. Per query, the median: the scan compares all codes, and a finer stage adds what is shown: a re-score of its best ${count(candidates)}, or a re-rank of its best ${rerank} with floats, for the ${k} that are returned. Searching the ${count(data.documents)} float vectors takes ${floatMilliseconds.toFixed(2)} ms.`,
    `<h3>Once</h3>
${preparationChart(data)}
<h3>Per query</h3>
${queryChart(data)}`,
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
${trainingChart(training, 'loss')}
<h3>Held-out recall</h3>
${trainingChart(training, 'recall')}
<h3>Entropy per bit</h3>
${trainingChart(training, 'entropy')}
<h3>Before and after</h3>
${scrollBox(
  'Before and after',
  `<table>
<thead><tr><th class="text">stage</th>${cells.join('')}<th></th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`,
  'table',
)}`,
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
