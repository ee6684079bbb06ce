import { barX, gridX, text } from '@observablehq/plot';
import { nameMargin } from './name-margin.ts';
import { quantizerScales } from './quantizer-scales.ts';
import { renderChart } from './render-chart.ts';
import type { ReportData } from './report-data.ts';

/** One bar of a panel. */
interface Bar {
  readonly stage: string;
  readonly quantizer: string;
  readonly time: number;
}

/** What a collection costs once: fitting, and encoding its documents. */
export function preparationChart(data: ReportData): string {
  const bars = data.times.quantizers.flatMap(({ quantizer, fitSeconds, encodeSeconds }) => [
    { stage: 'fit', quantizer, time: fitSeconds },
    { stage: `encode ${data.documents} documents`, quantizer, time: encodeSeconds },
  ]);
  return timeChart(data, bars, 'seconds');
}

/** What every query costs, stage by stage. */
export function queryChart(data: ReportData): string {
  const bars = data.times.quantizers.flatMap(({ quantizer, stages }) =>
    stages.map(({ stage, milliseconds }) => ({ stage, quantizer, time: milliseconds })),
  );
  return timeChart(data, bars, 'milliseconds');
}

function timeChart(data: ReportData, bars: readonly Bar[], unit: string): string {
  const stages = [...new Set(bars.map(({ stage }) => stage))];
  return renderChart(`${unit}: ${stages.join(', ')}`, {
    width: 1040,
    height: 100 + 26 * data.times.quantizers.length,
    marginLeft: nameMargin(data.times.quantizers.map(({ quantizer }) => quantizer)),
    marginRight: 60,
    marginTop: 36,
    marginBottom: 46,
    fx: { domain: stages, label: null, padding: 0.25 },
    x: {
      label: unit,
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 40,
      ticks: 3,
      zero: true,
    },
    y: {
      domain: data.times.quantizers.map(({ quantizer }) => quantizer),
      label: null,
      padding: 0.3,
    },
    color: quantizerScales(data).color,
    marks: [
      gridX({ ticks: 3 }),
      barX(bars, {
        fx: 'stage',
        x: 'time',
        y: 'quantizer',
        fill: 'quantizer',
        fillOpacity: 0.85,
        title: ({ stage, quantizer, time }: Bar) =>
          `${stage}\n${quantizer}: ${formatTime(time)} ${unit}`,
      }),
      text(bars, {
        fx: 'stage',
        x: 'time',
        y: 'quantizer',
        text: ({ time }: Bar) => formatTime(time),
        textAnchor: 'start',
        dx: 5,
        fontVariant: 'tabular-nums',
      }),
    ],
  });
}

function formatTime(time: number): string {
  return time.toFixed(time < 1 ? 3 : 2);
}
