import { describe, expect, it } from 'vitest';
import { packSigns } from '../../codes/codes.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { arrangeLayout } from './arrange-layout.ts';
import { groupDimensions } from './group-dimensions.ts';
import type { GroupRule } from './group-quantizer.ts';
import { groupValues } from './group-quantizer.ts';

const rows = 4000;

/** Independent columns of increasing spread. */
function independent(columns: number): Matrix {
  const random = seededRandom(3);
  const values = zeros(rows, columns);
  for (let p = 0; p < values.data.length; p++) {
    values.data[p] = gaussian(random) * (1 + (p % columns));
  }
  return values;
}

describe('arrangeLayout', () => {
  it.each<[GroupRule, number]>([
    ['or', 2],
    ['or', 5],
    ['linear', 2],
  ])('%s over %i dimensions is 1 for half of the vectors', (rule, size) => {
    const values = independent(size);
    const { layout, thresholds } = arrangeLayout(values, [{ dimensions: size, bits: 1 }], {
      rule,
      centre: 'median',
    });
    const ones = groupValues(values, layout, thresholds).data.filter((value) => value > 0);
    expect(ones.length / rows).toBeCloseTo(0.5, 1);
  });

  it('cuts a dimension of three bits at its quarters', () => {
    const values = independent(1);
    const { layout, thresholds } = arrangeLayout(values, [{ dimensions: 1, bits: 3 }], {
      rule: 'or',
      centre: 'median',
    });
    const { data, bytesPerCode } = packSigns(groupValues(values, layout, thresholds));
    const counts = new Map<number, number>();
    for (let i = 0; i < rows; i++) {
      const code = data[i * bytesPerCode];
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    // Only the four codes of a thermometer, equally often.
    const found = [...counts].sort(([a], [b]) => a - b);
    expect(found.map(([code]) => code)).toEqual([0b000, 0b001, 0b011, 0b111]);
    for (const [, count] of found) expect(count / rows).toBeCloseTo(0.25, 2);
  });
});

describe('groupDimensions', () => {
  // Columns i and i + 3 say the same, up to the sign.
  const values = independent(6);
  for (let i = 0; i < rows; i++) {
    for (const [from, to, sign] of [
      [0, 3, 1],
      [1, 4, -1],
      [2, 5, 1],
    ]) {
      values.data[i * 6 + to] = sign * values.data[i * 6 + from] + 0.1 * values.data[i * 6 + to];
    }
  }
  const all = [0, 1, 2, 3, 4, 5];

  it('finds the dimensions that say the same, and flips opposites', () => {
    const groups = groupDimensions(values, all, [2, 2, 2]);
    const found = groups.toSorted((a, b) => a.dimensions[0] - b.dimensions[0]);
    expect(found).toEqual([
      { dimensions: [0, 3], signs: [1, 1] },
      { dimensions: [1, 4], signs: [1, -1] },
      { dimensions: [2, 5], signs: [1, 1] },
    ]);
  });

  it('deals every dimension once, in the sizes asked for', () => {
    const sizes = [4, 3, 2, 1, 1];
    const columns = Array.from({ length: 11 }, (_, i) => i + 2);
    const groups = groupDimensions(independent(13), columns, sizes);
    expect(groups.map((group) => group.dimensions.length)).toEqual(sizes);
    expect(groups.flatMap((group) => group.dimensions).sort((a, b) => a - b)).toEqual(columns);
  });

  it('copes with dimensions that do not vary', () => {
    const flat = zeros(10, 4);
    expect(groupDimensions(flat, [0, 1, 2, 3], [2, 2])).toHaveLength(2);
  });
});
