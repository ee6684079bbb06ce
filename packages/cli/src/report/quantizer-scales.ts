import type { ScaleOptions } from '@observablehq/plot';
import type { ReportData } from './report-data.ts';
import { seriesColors } from './series-colors.ts';

/** Shapes tell quantizers apart where colours do not. */
const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye'] as const;

/** The quantizers of a report, in the order of its rows. */
export function quantizerNames({ rows }: ReportData): string[] {
  return [...new Set(rows.map(({ quantizer }) => quantizer))];
}

/** The same colour and shape for a quantizer in every chart. */
export function quantizerScales(
  data: ReportData,
  shown: readonly string[] = quantizerNames(data),
): { readonly color: ScaleOptions; readonly symbol: ScaleOptions } {
  const names = quantizerNames(data);
  const domain = names.filter((name) => shown.includes(name));
  const positions = domain.map((name) => names.indexOf(name));
  return {
    color: { domain, range: positions.map((i) => seriesColors[i % seriesColors.length]!) },
    // Shifted in every round, so that no pair of colour and shape comes back.
    symbol: {
      domain,
      range: positions.map(
        (i) => symbols[(i + Math.floor(i / seriesColors.length)) % symbols.length]!,
      ),
    },
  };
}
