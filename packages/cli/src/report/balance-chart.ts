import { gridX, ruleX, text, tickX } from '@observablehq/plot';
import { formatPercent } from './format-percent.ts';
import { nameMargin } from './name-margin.ts';
import { quantizerScales } from './quantizer-scales.ts';
import { renderChart } from './render-chart.ts';
import type { ReportData } from './report-data.ts';

const sides = [
  { side: 'document', label: 'documents' },
  { side: 'query', label: 'queries' },
] as const;

/** The share of ones of every bit, one stroke a bit, and the mean entropy beside it. */
export function balanceChart(data: ReportData): string {
  const bits = data.balance.flatMap(({ quantizer, ones }) =>
    sides.flatMap(({ side, label }) =>
      ones[side]
        .map((share, bit) => ({
          quantizer,
          label,
          share,
          title: `${quantizer}, ${label}\nbit ${bit}: 1 for ${formatPercent(share, 1)}`,
        }))
        // From left to right, as one walks through them.
        .sort((a, b) => a.share - b.share),
    ),
  );
  const entropies = data.balance.flatMap(({ quantizer, entropy }) =>
    sides.map(({ side, label }) => ({ quantizer, label, entropy: entropy[side] })),
  );
  return renderChart('share of ones of every bit', {
    width: 1040,
    height: 100 + 34 * data.balance.length,
    marginLeft: nameMargin(data.balance.map(({ quantizer }) => quantizer)),
    marginRight: 64,
    marginTop: 36,
    marginBottom: 46,
    fx: { domain: sides.map(({ label }) => label), label: null, padding: 0.16 },
    x: {
      domain: [0, 1],
      label: 'share of ones',
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 40,
      tickFormat: '.0%',
      ticks: 5,
    },
    y: { domain: data.balance.map(({ quantizer }) => quantizer), label: null, padding: 0.25 },
    color: quantizerScales(data).color,
    marks: [
      gridX({ ticks: 5 }),
      ruleX([0.5], { stroke: 'currentColor', strokeOpacity: 0.4 }),
      tickX(bits, {
        fx: 'label',
        x: 'share',
        y: 'quantizer',
        stroke: 'quantizer',
        strokeOpacity: 0.5,
        strokeWidth: 1.4,
        title: 'title',
      }),
      text(entropies, {
        fx: 'label',
        y: 'quantizer',
        frameAnchor: 'right',
        textAnchor: 'start',
        dx: 8,
        text: ({ entropy }: { readonly entropy: number }) => `H ${entropy.toFixed(3)}`,
        fontVariant: 'tabular-nums',
        fill: 'var(--muted)',
      }),
    ],
  });
}
