import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';
import type { MeasuredCandidate } from './gate.ts';
import { passGate } from './gate.ts';

describe('passGate', () => {
  it('takes the simplest of those that are level at every depth', () => {
    const candidates = [measured([0.99, 0.7]), measured([0.99, 0.7]), measured([0.9, 0.5])];
    expect(passGate(candidates, 0, 0)).toEqual({
      chosen: 0,
      ruledOutAt: [undefined, undefined, 0],
    });
  });

  it('decides among those that are level by the shallowest depth that differs', () => {
    const candidates = [
      measured([0.99, 0.9, 0.6]),
      measured([0.99, 0.9, 0.7]),
      measured([0.99, 0.8, 0.9]),
    ];
    expect(passGate(candidates, 0, 0)).toEqual({ chosen: 1, ruledOutAt: [2, undefined, 1] });
  });

  it('takes no one that finds less than the baseline, be it by chance', () => {
    const baseline = measured([0.99, 0.5]);
    const other = measured([0.99, 0.8]);
    const recalls = [baseline.recalls[0] - 1e-9, other.recalls[1]];
    expect(passGate([baseline, { ...other, recalls }], 0, 0)).toEqual({
      chosen: 0,
      ruledOutAt: [undefined, 0],
    });
  });
});

/** Recalls about these means, the noise the same for all. */
function measured(means: readonly number[]): MeasuredCandidate {
  const random = seededRandom(4);
  const recallsByQuery = means.map((mean) =>
    Array.from({ length: 100 }, () => mean + 0.01 * gaussian(random)),
  );
  const recalls = recallsByQuery.map(
    (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  );
  return { recalls, recallsByQuery };
}
