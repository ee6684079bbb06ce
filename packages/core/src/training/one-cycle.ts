/** The share of the steps in which the rate rises. */
const warmUp = 0.1;

/**
 * What share of the highest rate a step takes: a cosine up from a tenth while warming up, and a cosine down
 * to nothing.
 *
 * Source: Smith and Topin, "Super-Convergence", 2018 (one cycle).
 */
export function oneCycle(step: number, steps: number): number {
  const rising = warmUp * steps;
  if (step < rising) return 0.1 + 0.45 * (1 - Math.cos((Math.PI * step) / rising));
  return 0.5 * (1 + Math.cos((Math.PI * (step - rising)) / (steps - rising)));
}
