/** Distinguishable to colour-blind people, in light and dark: the values are in `look/look.css`. */
export const seriesColors: readonly string[] = Array.from(
  { length: 7 },
  (_, i) => `var(--series-${i})`,
);
