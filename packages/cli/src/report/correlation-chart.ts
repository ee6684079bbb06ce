import { cell, frame } from '@observablehq/plot';
import { renderChart } from './render-chart.ts';
import type { ReportData } from './report-data.ts';

/** The correlation that is drawn in full colour. */
export const fullCorrelation = 0.5;
/** Paler squares than this would be invisible, and are many. */
const faintest = 0.02;

/** Correlations above the diagonal between bits, below it between dimensions. */
export function correlationChart({
  correlation: { quantizer, bits, dimensions },
}: ReportData): string {
  const size = bits.length;
  const numbers = Array.from({ length: size }, (_, i) => i);
  const cells = [
    { matrix: bits, of: 'bit', where: quantizer, isShown: (x: number, y: number) => x > y },
    {
      matrix: dimensions,
      of: 'dimension',
      where: 'vectors',
      isShown: (x: number, y: number) => x < y,
    },
  ].flatMap(({ matrix, of, where, isShown }) =>
    numbers.flatMap((y) =>
      numbers.flatMap((x) => {
        const value = matrix[y]![x]!;
        if (!isShown(x, y) || Math.abs(value) < faintest) return [];
        const title = `${of} ${y}, ${where}\nwith ${of} ${x}: ${signed(value)}`;
        return [{ x, y, value, title }];
      }),
    ),
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
        title: 'title',
      }),
      frame({ stroke: 'currentColor', strokeOpacity: 0.25 }),
    ],
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  });
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
