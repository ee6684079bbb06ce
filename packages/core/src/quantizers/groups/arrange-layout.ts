import type { Matrix } from '../../vectors/matrix.ts';
import { quantile } from '../thresholds/statistics.ts';
import { groupDimensions } from './group-dimensions.ts';
import type { GroupLayout, GroupRule } from './group-quantizer.ts';

/**
 * A run of dimensions and the bits that they share, as evenly as possible:
 *
 * - as many bits as dimensions: one each;
 * - more bits: several per dimension, with increasing thresholds (a thermometer code);
 * - fewer bits: groups of several dimensions per bit.
 */
export interface LayoutSegment {
  readonly dimensions: number;
  readonly bits: number;
}

/**
 * One bit each for the leading dimensions and groups for all later ones, with the smallest groups that
 * cover every dimension: groups of g need `head + (bits - head) g = dimensions`.
 */
export function headAndGroups(dimensions: number, bits: number): LayoutSegment[] {
  if (bits >= dimensions) return [{ dimensions, bits }];
  const size = Math.ceil(dimensions / bits);
  const head = Math.floor((bits * size - dimensions) / (size - 1));
  return withoutEmpty([
    { dimensions: head, bits: head },
    { dimensions: dimensions - head, bits: bits - head },
  ]);
}

/** Leaves out segments without dimensions and bits. */
export function withoutEmpty(segments: readonly LayoutSegment[]): LayoutSegment[] {
  return segments.filter(({ dimensions, bits }) => dimensions > 0 || bits > 0);
}

/** Splits `total` into `parts` whole numbers that differ by at most one, the larger ones first. */
export function evenParts(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, i) => Math.floor((total + parts - 1 - i) / parts));
}

export interface ArrangeOptions {
  readonly rule: GroupRule;
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
 * quantile at which the rule gives a balanced bit if they are independent: 2^(-1/n) for `or`, the median for
 * `linear`.
 *
 * @param values `rows x dimensions`, to take quantiles and correlations from
 */
export function arrangeLayout(
  values: Matrix,
  segments: readonly LayoutSegment[],
  { rule, centre }: ArrangeOptions,
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
      for (const group of groupDimensions(values, columns, sizes)) {
        const share = rule === 'or' ? 0.5 ** (1 / group.dimensions.length) : 0.5;
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

function sortedColumn({ rows, columns, data }: Matrix, column: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, i) => data[i * columns + column]).sort();
}
