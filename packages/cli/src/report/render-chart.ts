import type { PlotOptions } from '@observablehq/plot';
import { plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** What a page needs of a chart: no more than this is known of it without a browser's types. */
interface Rendered {
  readonly outerHTML: string;
}

/**
 * Draws a chart as markup that needs neither scripts nor the network.
 *
 * @param description what a screen reader says of it
 */
export function renderChart(description: string, options: PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const chart = plot({ ...options, ariaLabel: description, document }) as Rendered;
  return chart.outerHTML;
}
