/**
 * The threshold that separates the values into two classes whose means lie furthest apart: it
 * maximises the between-class variance w0 · w1 · (m1 - m0)². Every split between two different values
 * is tried; the threshold is the middle of the gap, and the lower of two equally good ones.
 *
 * Source: Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE Transactions on
 * Systems, Man, and Cybernetics 9 (1979), without the histogram.
 *
 * @param sorted increasing, at least one
 */
export function otsuThreshold(sorted: Float32Array): number {
  const count = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let threshold = sorted[0];
  let best = 0;
  let sum = 0;
  for (let below = 1; below < count; below++) {
    const [low, high] = [sorted[below - 1], sorted[below]];
    sum += low;
    if (low === high) continue;
    const above = count - below;
    const separation = below * above * ((total - sum) / above - sum / below) ** 2;
    if (separation > best) {
      best = separation;
      threshold = between(low, high);
    }
  }
  return threshold;
}

/** The middle in float32, below `high` even where no float32 lies between the two. */
function between(low: number, high: number): number {
  const middle = Math.fround((low + high) / 2);
  return middle < high ? middle : low;
}
