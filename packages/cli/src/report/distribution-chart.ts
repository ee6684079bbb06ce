import { areaY, axisX, frame, lineY, rect, ruleX, ruleY, text } from '@observablehq/plot';
import { formatPercent } from './format-percent.ts';
import { quantizerScales } from './quantizer-scales.ts';
import { renderChart } from './render-chart.ts';
import type { DistributionPanel, ReportData } from './report-data.ts';

const columns = 4;

/** Histograms of single dimensions on both sides, with the thresholds fitted to them. */
export function distributionChart(data: ReportData): string {
  const { of, edges, panels } = data.distributions;
  const placed = panels.map((panel, i) => ({
    ...panel,
    fx: i % columns,
    fy: Math.floor(i / columns),
  }));
  const bins = placed.flatMap(({ fx, fy, ...panel }) =>
    panel.shares.document.map((document, bin) => {
      const [from, to] = [edges[bin]!, edges[bin + 1]!];
      const query = panel.shares.query[bin]!;
      const title = `${of} ${panel.index}\n${describeBin(panel, bin, from, to)}`;
      return { fx, fy, from, to, x: (from + to) / 2, document, query, title };
    }),
  );
  const highest = Math.max(...bins.flatMap(({ document, query }) => [document, query]));
  const thresholds = placed.flatMap(({ fx, fy, thresholds: fitted }) =>
    fitted.map((threshold) => ({ fx, fy, ...threshold })),
  );
  const place = { fx: 'fx', fy: 'fy' };
  return renderChart(`distributions of single ${of}s`, {
    width: 1040,
    height: 40 + 150 * Math.ceil(panels.length / columns),
    marginLeft: 8,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 46,
    fx: { axis: null, padding: 0.06 },
    fy: { axis: null, padding: 0.16 },
    x: { label: 'standard deviations of the documents' },
    y: { axis: null, insetTop: 10 },
    color: {
      ...quantizerScales(
        data,
        thresholds.map(({ quantizer }) => quantizer),
      ).color,
      legend: true,
    },
    marks: [
      axisX({ facetAnchor: 'bottom', ticks: 5 }),
      frame({ stroke: 'currentColor', strokeOpacity: 0.12 }),
      ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.25 }),
      areaY(bins, {
        ...place,
        x: 'x',
        y: 'document',
        curve: 'step',
        fill: 'var(--document)',
        fillOpacity: 0.38,
      }),
      lineY(bins, {
        ...place,
        x: 'x',
        y: 'query',
        curve: 'step',
        stroke: 'var(--query)',
        strokeWidth: 1.3,
      }),
      ruleX(thresholds, { ...place, x: 'document', stroke: 'quantizer', strokeWidth: 1.8 }),
      ruleX(
        thresholds.filter(({ document, query }) => document !== query),
        { ...place, x: 'query', stroke: 'quantizer', strokeWidth: 1.8, strokeDasharray: '4,3' },
      ),
      text(placed, {
        ...place,
        frameAnchor: 'top-left',
        text: ({ index }: { readonly index: number }) => `${of} ${index}`,
        dx: 7,
        dy: 7,
        fill: 'var(--muted)',
      }),
      // Unseen, to be pointed at.
      rect(bins, {
        ...place,
        x1: 'from',
        x2: 'to',
        y1: 0,
        y2: highest,
        inset: 0,
        fill: 'currentColor',
        fillOpacity: 0,
        title: 'title',
      }),
    ],
  });
}

/** Shares of both sides between two edges, and the thresholds there. */
function describeBin(
  { shares, thresholds }: DistributionPanel,
  bin: number,
  from: number,
  to: number,
): string {
  const within = (value: number) => value >= from && value < to;
  const fitted = thresholds.flatMap(({ quantizer, document, query }) => [
    ...(within(document) ? [`${quantizer} ${format(document)}`] : []),
    ...(query !== document && within(query) ? [`${quantizer} for queries ${format(query)}`] : []),
  ]);
  return [
    `${format(from)} to ${format(to)}: documents ${formatPercent(shares.document[bin]!, 1)}`,
    `queries ${formatPercent(shares.query[bin]!, 1)}`,
    ...(fitted.length > 0 ? [`thresholds: ${fitted.join(', ')}`] : []),
  ].join(', ');
}

function format(value: number): string {
  return value.toFixed(2).replace('-', '−');
}
