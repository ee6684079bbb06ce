import type { PlotOptions } from '@observablehq/plot';
import { plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeHtml } from './escape-html.ts';
import { scrollBox } from './scroll-box.ts';

/** What a page needs of a chart: no more than this is known of it without a browser's types. */
interface Rendered {
  readonly localName: string;
  readonly children: Iterable<Rendered>;
  readonly outerHTML: string;
}

/**
 * Draws a chart as markup that needs neither scripts nor the network: its legend, and a box in which the drawing
 * scrolls where it is wider than the window. Titles of marks are two lines: the series, and the value.
 *
 * @param description what a screen reader says of it
 */
export function renderChart(description: string, options: PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const chart = plot({ ...options, ariaLabel: description, document }) as Rendered;
  // With a legend, it is a figure in which the drawing stands last.
  const parts = chart.localName === 'figure' ? [...chart.children] : [chart];
  const legends = parts.slice(0, -1).map(({ outerHTML }) => outerHTML);
  const drawing = parts.at(-1)!.outerHTML;
  return `<div class="chart">${legends.join('')}${scrollBox(`Chart: ${escapeHtml(description)}`, drawing, 'drawing')}</div>`;
}
