import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import type { Markish } from '@observablehq/plot';
import { dot, lineY } from '@observablehq/plot';
import type { Metric } from './pareto-front.ts';
import { quantizerNames } from './quantizer-scales.ts';
import type { ReportData } from './report-data.ts';
import { seriesColors } from './series-colors.ts';

export interface QuantizerLinesOptions {
  /** The column that the lines run along. */
  readonly x: 'bytesPerVector' | 'rerank';
  readonly y: Metric;
  /** What is shown when the pointer rests on a point. */
  readonly title: (row: EvaluationRow) => string;
}

/** A line with points for each quantizer, in a panel for each scoring. */
export function quantizerLines(
  data: ReportData,
  rows: readonly EvaluationRow[],
  { x, y, title }: QuantizerLinesOptions,
): Markish[] {
  // Colours begin anew after the last: those lines are dashed.
  const dashed = new Set(quantizerNames(data).slice(seriesColors.length));
  const line = { fx: 'scoring', x, y, z: 'quantizer', stroke: 'quantizer', strokeWidth: 1.6 };
  return [
    lineY(
      rows.filter(({ quantizer }) => !dashed.has(quantizer)),
      line,
    ),
    lineY(
      rows.filter(({ quantizer }) => dashed.has(quantizer)),
      { ...line, strokeDasharray: '5,4' },
    ),
    dot(rows, {
      fx: 'scoring',
      x,
      y,
      fill: 'quantizer',
      symbol: 'quantizer',
      stroke: 'var(--page)',
      strokeWidth: 1,
      r: 5,
      title,
    }),
  ];
}
