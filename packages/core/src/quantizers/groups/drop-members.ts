import type { Matrix } from '../../vectors/matrix.ts';
import type { ArrangedLayout } from './arrange-layout.ts';
import type { GroupLayout } from './group-layout.ts';
import type { Trial } from './trial.ts';

/** Members that are above their threshold for fewer vectors than this may go. */
const shares = [0, 0.01, 0.03, 0.1];

/**
 * Raises the thresholds of members of groups that hardly ever fire to infinity, as many as held-out
 * recall allows: what is rare and alone in saying something is often noise.
 */
export function dropMembers(start: ArrangedLayout, { values, recall }: Trial): ArrangedLayout {
  if (!recall) return start;
  const fired = firedShares(values, start);
  let best = start;
  let bestRecall = recall(start.layout, start.thresholds);
  for (const share of shares) {
    const thresholds = start.thresholds.map((threshold, m) =>
      fired[m] <= share && isInGroup(start.layout, m) ? Infinity : threshold,
    );
    const withoutThem = recall(start.layout, thresholds);
    if (withoutThem >= bestRecall) {
      best = { layout: start.layout, thresholds };
      bestRecall = withoutThem;
    }
  }
  return best;
}

function firedShares(values: Matrix, { layout, thresholds }: ArrangedLayout): Float32Array {
  const { dimensions, signs } = layout;
  return Float32Array.from(dimensions, (dimension, m) => {
    let count = 0;
    for (let p = dimension; p < values.data.length; p += values.columns) {
      if (signs[m] * values.data[p] > thresholds[m]) count++;
    }
    return count / values.rows;
  });
}

function isInGroup({ offsets }: GroupLayout, member: number): boolean {
  const bit = offsets.findLastIndex((offset) => offset <= member);
  return offsets[bit + 1] - offsets[bit] > 1;
}
