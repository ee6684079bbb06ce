import type { Matrix } from '../../vectors/matrix.ts';
import { quantile } from '../thresholds/quantile.ts';
import type { Grouping } from './group-dimensions.ts';
import { groupDimensions } from './group-dimensions.ts';
import type { GroupLayout, GroupRule } from './group-layout.ts';

import type { LayoutSegment } from './layout-segment.ts';
import { evenParts } from './layout-segment.ts';

export interface ArrangeOptions {
  readonly rule: GroupRule;
  readonly grouping: Grouping;
  /** Where a dimension with one bit of its own is cut. */
  readonly centre: 'zero' | 'median';
}

/** A layout, and a threshold for each of its members that makes every bit about as often 1 as 0. */
export interface ArrangedLayout {
  readonly layout: GroupLayout;
  readonly thresholds: Float32Array;
}

/**
 * Lays the segments along the dimensions, in order. A bit of one dimension is cut at the median or at
 * zero, the bits of a thermometer at evenly spaced quantiles. Members of a group of n are cut at the
 * quantile at which the rule gives a balanced bit if they are independent: 2^(-1/n) for `or`,
 * 1 - 2^(-1/n) for `and`, the median for the others.
 *
 * @param values `rows x dimensions`, to take quantiles and correlations from
 */
export function arrangeLayout(
  values: Matrix,
  segments: readonly LayoutSegment[],
  { rule, grouping, centre }: ArrangeOptions,
): ArrangedLayout {
  const offsets = [0];
  const dimensions: number[] = [];
  const signs: number[] = [];
  const thresholds: number[] = [];
  const sorted = new Map<number, Float32Array>();
  const cutAt = (dimension: number, sign: number, share: number): number => {
    const column = sorted.get(dimension) ?? sortedColumn(values, dimension);
    sorted.set(dimension, column);
    return sign * quantile(column, sign > 0 ? share : 1 - share);
  };
  const add = (dimension: number, sign: number, threshold: number): void => {
    dimensions.push(dimension);
    signs.push(sign);
    thresholds.push(threshold);
  };

  let next = 0;
  for (const segment of segments) {
    const columns = Array.from({ length: segment.dimensions }, (_, i) => next + i);
    next += segment.dimensions;
    if (segment.bits >= segment.dimensions) {
      const levels = evenParts(segment.bits, segment.dimensions);
      for (const [i, dimension] of columns.entries()) {
        for (let level = 1; level <= levels[i]; level++) {
          const zero = centre === 'zero' && levels[i] === 1;
          add(dimension, 1, zero ? 0 : cutAt(dimension, 1, level / (levels[i] + 1)));
          offsets.push(dimensions.length);
        }
      }
    } else {
      const sizes = evenParts(segment.dimensions, segment.bits);
      for (const group of groupDimensions(values, columns, sizes, grouping)) {
        const share = balancedShare(rule, group.dimensions.length);
        group.dimensions.forEach((dimension, i) => {
          add(dimension, group.signs[i], cutAt(dimension, group.signs[i], share));
        });
        offsets.push(dimensions.length);
      }
    }
  }
  return {
    layout: {
      rule,
      offsets: Uint32Array.from(offsets),
      dimensions: Uint32Array.from(dimensions),
      signs: Float32Array.from(signs),
      weights: new Float32Array(dimensions.length).fill(1),
    },
    thresholds: Float32Array.from(thresholds),
  };
}

function balancedShare(rule: GroupRule, size: number): number {
  if (rule === 'or') return 0.5 ** (1 / size);
  if (rule === 'and') return 1 - 0.5 ** (1 / size);
  return 0.5;
}

function sortedColumn({ rows, columns, data }: Matrix, column: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, i) => data[i * columns + column]).sort();
}
