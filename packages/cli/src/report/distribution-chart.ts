import { areaY, axisX, frame, lineY, ruleX, ruleY, text } from '@observablehq/plot';
import { quantizerScales } from './quantizer-scales.ts';
import { renderChart } from './render-chart.ts';
import type { ReportData } from './report-data.ts';

const columns = 4;

/** Histograms of single dimensions on both sides, with the thresholds fitted to them. */
export function distributionChart(data: ReportData): string {
  const { of, edges, panels } = data.distributions;
  const placed = panels.map((panel, i) => ({
    ...panel,
    fx: i % columns,
    fy: Math.floor(i / columns),
  }));
  const bins = placed.flatMap(({ fx, fy, shares }) =>
    shares.document.map((document, bin) => ({
      fx,
      fy,
      x: (edges[bin]! + edges[bin + 1]!) / 2,
      document,
      query: shares.query[bin]!,
    })),
  );
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
    ],
  });
}
