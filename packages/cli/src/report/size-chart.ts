import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import { gridX, gridY, line, ruleY } from '@observablehq/plot';
import type { Metric } from './pareto-front.ts';
import { paretoFront } from './pareto-front.ts';
import { quantizerLines } from './quantizer-lines.ts';
import { quantizerScales } from './quantizer-scales.ts';
import { renderChart } from './render-chart.ts';
import type { ReportData } from './report-data.ts';
import { shallowestRows } from './shallowest-rows.ts';

const labels: Readonly<Record<Metric, string>> = { ndcg10: 'nDCG@10', recall10: 'recall@10' };

/** A metric against the size of a code, one panel per scoring, with the Pareto front of them all. */
export function sizeChart(data: ReportData, metric: Metric): string {
  const rows = shallowestRows(data.rows);
  const front = paretoFront(rows, metric);
  const sizes = spacedSizes(rows);
  const best = metric === 'ndcg10' ? data.ndcg10Float : 1;
  const scorings = [...new Set(rows.map(({ scoring }) => scoring))];
  const { color, symbol } = quantizerScales(data);
  return renderChart(`${labels[metric]} against bytes per vector`, {
    width: 1040,
    height: 330,
    marginLeft: 56,
    marginTop: 36,
    marginBottom: 46,
    fx: { domain: scorings, label: null, padding: 0.08 },
    x: {
      type: 'log',
      base: 2,
      ticks: sizes,
      tickFormat: 'd',
      label: 'bytes per vector',
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 40,
    },
    y: { label: labels[metric], nice: true, tickFormat: '.2f', ticks: 6 },
    color,
    symbol: { ...symbol, legend: true },
    marks: [
      gridX(sizes),
      gridY(),
      ruleY([best], { stroke: 'currentColor', strokeDasharray: '3,4', strokeOpacity: 0.7 }),
      line(front, {
        x: 'bytesPerVector',
        y: metric,
        curve: 'step-after',
        stroke: 'var(--front)',
        strokeWidth: 9,
        strokeLinejoin: 'round',
        strokeLinecap: 'round',
      }),
      ...quantizerLines(data, rows, {
        x: 'bytesPerVector',
        y: metric,
        title: (row) =>
          `${row.quantizer}, ${row.scoring}\n${row.bits} bits, ${row.bytesPerVector} bytes: ${labels[metric]} ${row[metric].toFixed(3)}`,
      }),
    ],
  });
}

/** Sizes that differ enough for their numbers to stand side by side under the axis. */
function spacedSizes(rows: readonly EvaluationRow[]): number[] {
  const sizes = rows.map(({ bytesPerVector }) => bytesPerVector).sort((a, b) => a - b);
  const spaced: number[] = [];
  for (const size of sizes) {
    if (size >= 1.3 * (spaced.at(-1) ?? 0)) spaced.push(size);
  }
  return spaced;
}
