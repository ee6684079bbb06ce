/** `part` of `whole` as a person reads it; a dash where there is no whole. */
export function formatPercent(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(1)}\u00a0%` : '–';
}
