import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as Plot from '@observablehq/plot';
import Table from 'cli-table3';
import { parseHTML } from 'linkedom';
import { partOf } from '../write-table.mjs';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const targets = [0.95, 0.97, 0.985];

/** The part of the page that other benchmarks write: it stays as it is. */
const measuredApart = 'measured apart';

/** Where there are not as many real vectors. */
const madeUp = `
The first 100,000 vectors are real; the others are these again, each value moved by a normal of .02.
`;

/** Prints the results, and writes them to docs/ when asked. */
export function writePage(measured, write) {
  const { results } = measured;
  const summary = [
    ['library', ...targets.map((target) => `ms at ${target}`), 'build s', 'memory MB', 'disk MB'],
    ...results.map(({ library, points, buildSeconds, residentMegabytes, diskMegabytes }) => [
      library,
      ...targets.map((target) => describe(fastest(points, target))),
      buildSeconds.toFixed(1),
      residentMegabytes.toFixed(0),
      diskMegabytes.toFixed(0),
    ]),
  ];
  const all = [
    ['library', 'setting', 'recall@10', 'p50 ms', 'p95 ms', 'queries/s'],
    ...results.flatMap(({ library, points }) =>
      points.map((point) => [
        library,
        point.setting,
        point.recall.toFixed(3),
        point.p50.toFixed(3),
        point.p95.toFixed(3),
        point.queriesPerSecond.toFixed(0),
      ]),
    ),
  ];
  console.log(terminalTable(summary));
  console.log(terminalTable(all));
  if (!write) return;
  mkdirSync(`${docs}benchmarks`, { recursive: true });
  writeFileSync(`${docs}benchmarks/results.json`, `${JSON.stringify(measured, undefined, 2)}\n`);
  writeFileSync(`${docs}benchmarks/speed-by-recall.svg`, chart(results));
  const apart = partOf(readFileSync(`${docs}benchmarks.md`, 'utf8'), measuredApart);
  writeFileSync(`${docs}benchmarks.md`, page(measured, { summary, all, apart }));
}

/** The fastest setting that reaches a recall. */
function fastest(points, target) {
  const reaching = points.filter(({ recall }) => recall >= target);
  return reaching.length ? reaching.reduce((a, b) => (b.p50 < a.p50 ? b : a)) : undefined;
}

function describe(point) {
  return point ? `${point.p50.toFixed(3)} (${point.recall.toFixed(3)})` : '–';
}

function terminalTable([head, ...rows]) {
  const table = new Table({ head });
  table.push(...rows);
  return table.toString();
}

function page({ description }, { summary, all, apart }) {
  const { rows, dimensions, queries, source } = description;
  const note = rows > 100_000 ? madeUp : '';
  return `# Speed beside other libraries

${rows.toLocaleString('en')} vectors of ${dimensions} dimensions (${source}), ${queries} queries, the 10
nearest by inner product, one query at a time on one core of ${cpus()[0].model} (${cpus().length}
cores). Made by \`pnpm bench:peers\`. Every library runs in a process of its own, at several settings; of
each query the best time of up to ten rounds counts. Compare the columns, not the milliseconds: machines
differ.
${note}
![Milliseconds per query against recall](benchmarks/speed-by-recall.svg)

## At equal recall

Median milliseconds of the fastest setting that reaches the recall (in brackets what it reaches); seconds
for everything up to the first search, fitting included; growth of the resident memory by building, the
vectors that are kept included; size on disk. \`bitryoshka\` keeps 384 bits, the first half of them twice,
and float32 vectors to re-rank with, \`-float16\` half of these bytes, \`-file\` 256 bits in memory with
float16 vectors in a file, \`-lists\` all of it in two inverted lists, and \`-graph\` 512 bits with 40 links and
float16 vectors.

${markdownTable(summary)}

<!-- ${measuredApart} -->
${apart}
<!-- end of ${measuredApart} -->

## All settings

${markdownTable(all)}

Numbers for machines: [results.json](benchmarks/results.json). Scans, filters, additions, and what was tried:
[speed.md](speed.md).
`;
}

function markdownTable([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

function chart(results) {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const points = results.flatMap(({ library, points }) =>
    points.filter(({ recall }) => recall >= 0.8).map((point) => ({ library, ...point })),
  );
  const last = Object.values(Object.fromEntries(points.map((point) => [point.library, point])));
  const svg = Plot.plot({
    document,
    width: 860,
    height: 460,
    marginRight: 130,
    style: { background: 'white', fontSize: '12px' },
    x: { label: 'recall@10', domain: [0.8, 1], grid: true },
    y: { label: 'milliseconds per query', type: 'log', grid: true },
    color: { scheme: 'tableau10' },
    marks: [
      Plot.line(points, {
        x: 'recall',
        y: 'p50',
        stroke: 'library',
        sort: 'recall',
        strokeWidth: ({ library }) => (library.startsWith('bitryoshka') ? 3 : 1.5),
      }),
      Plot.dot(points, { x: 'recall', y: 'p50', fill: 'library', r: 3 }),
      Plot.text(last, {
        x: 'recall',
        y: 'p50',
        text: 'library',
        fill: 'library',
        dx: 8,
        textAnchor: 'start',
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return svg.outerHTML;
}
