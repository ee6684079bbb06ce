import { gridX, gridY } from '@observablehq/plot';
import { quantizerLines } from './quantizer-lines.ts';
import { quantizerScales } from './quantizer-scales.ts';
import { renderChart } from './render-chart.ts';
import type { ReportData } from './report-data.ts';

/** The recall at the inspected length against how many candidates are re-ranked, per scoring. */
export function depthChart(data: ReportData): string {
  const rows = data.rows
    .filter(({ bits }) => bits === data.inspectedBits)
    .toSorted((a, b) => a.rerank - b.rerank);
  const depths = [...new Set(rows.map(({ rerank }) => rerank))];
  const { color, symbol } = quantizerScales(data);
  return renderChart('recall@10 against the depth of re-ranking', {
    width: 1040,
    height: 330,
    marginLeft: 56,
    marginTop: 36,
    marginBottom: 46,
    fx: { domain: [...new Set(rows.map(({ scoring }) => scoring))], label: null, padding: 0.08 },
    // Depths double from one to the next, and start at none.
    x: {
      type: 'symlog',
      constant: 10,
      ticks: depths,
      tickFormat: 'd',
      label: 'candidates that are re-ranked',
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 40,
    },
    y: { label: 'recall@10', nice: true, tickFormat: '.2f', ticks: 6 },
    color,
    symbol: { ...symbol, legend: true },
    marks: [
      gridX(depths),
      gridY(),
      ...quantizerLines(data, rows, {
        x: 'rerank',
        y: 'recall10',
        title: (row) =>
          `${row.quantizer}, ${row.scoring}\n${row.rerank} re-ranked (oversampling ${row.rerank / 10}): recall@10 ${row.recall10.toFixed(3)}`,
      }),
    ],
  });
}
