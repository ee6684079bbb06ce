import { cell, frame } from '@observablehq/plot';
import { renderChart } from './render-chart.ts';
import type { ReportData } from './report-data.ts';

/** The correlation that is drawn in full colour. */
export const fullCorrelation = 0.5;
/** Paler squares than this would be invisible, and are many. */
const faintest = 0.02;

/** Correlations above the diagonal between bits, below it between dimensions. */
export function correlationChart({ correlation: { bits, dimensions } }: ReportData): string {
  const size = bits.length;
  const numbers = Array.from({ length: size }, (_, i) => i);
  const cells = numbers.flatMap((y) =>
    numbers.flatMap((x) => {
      const value = x === y ? 0 : (x > y ? bits : dimensions)[y]![x]!;
      return Math.abs(value) < faintest ? [] : [{ x, y, value }];
    }),
  );
  const side = Math.max(160, size * 8);
  return renderChart('correlations of bits and of dimensions', {
    width: side + 44,
    height: side + 44,
    marginTop: 28,
    marginLeft: 32,
    marginRight: 12,
    marginBottom: 16,
    padding: 0,
    x: {
      domain: numbers,
      axis: 'top',
      ticks: numbers.filter((i) => i % 8 === 0),
      tickSize: 3,
      label: null,
    },
    y: { domain: numbers, ticks: numbers.filter((i) => i % 8 === 0), tickSize: 3, label: null },
    marks: [
      cell(numbers, { x: (i: number) => i, y: (i: number) => i, fill: 'var(--muted)' }),
      cell(cells, {
        x: 'x',
        y: 'y',
        fill: ({ value }: { readonly value: number }) =>
          value > 0 ? 'var(--positive)' : 'var(--negative)',
        fillOpacity: ({ value }: { readonly value: number }) =>
          Math.round(Math.min(1, Math.abs(value) / fullCorrelation) * 100) / 100,
      }),
      frame({ stroke: 'currentColor', strokeOpacity: 0.25 }),
    ],
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  });
}
