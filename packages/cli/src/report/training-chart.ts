import { dot, gridY, line } from '@observablehq/plot';
import { renderChart } from './render-chart.ts';
import type { TrainingCurve } from './report-data.ts';

/** What is measured while a head is trained. */
export type TrainingMeasure = 'loss' | 'recall' | 'entropy';

const labels: Readonly<Record<TrainingMeasure, string>> = {
  loss: 'loss',
  recall: 'held-out recall',
  entropy: 'entropy per bit',
};

/** One measure against the steps of training. */
export function trainingChart({ curve }: TrainingCurve, measure: TrainingMeasure): string {
  // There is no loss before the first step.
  const points = measure === 'loss' ? curve.filter(({ step }) => step > 0) : curve;
  return renderChart(`${labels[measure]} against steps of training`, {
    width: 1040,
    height: 200,
    marginLeft: 64,
    marginBottom: 40,
    x: { label: 'step', labelArrow: 'none', ticks: 8 },
    y: { label: labels[measure], nice: true, tickFormat: '.3f', ticks: 4 },
    marks: [
      gridY(),
      line(points, { x: 'step', y: measure, z: null, stroke: 'currentColor', strokeWidth: 2 }),
      dot(points, {
        x: 'step',
        y: measure,
        fill: 'currentColor',
        r: 3,
        title: (point) => `${labels[measure]}\nstep ${point.step}: ${point[measure].toFixed(3)}`,
      }),
    ],
  });
}
