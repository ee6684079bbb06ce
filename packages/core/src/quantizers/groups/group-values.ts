import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import type { GroupLayout } from './group-layout.ts';

/**
 * The real value behind each bit, `rows x bits`; the bit is 1 where it is above zero. Of the centred
 * values `c_i = s_i x_i - k_i` of a group's members it is
 *
 * - `or`: the largest, so the bit is 0 if every member is below its threshold;
 * - `and`: the smallest, so the bit is 1 if every member is above its threshold;
 * - `majority`: the median, which is above zero when more than half of the members are; a draw goes to
 *   the larger of the two in the middle;
 * - `sum`: their sum; `linear`: their weighted sum.
 *
 * Members with an infinite threshold are left out; without any member left the value is 0.
 *
 * @param thresholds k, one per member
 */
export function groupValues(values: Matrix, layout: GroupLayout, thresholds: Float32Array): Matrix {
  const { rule, offsets, dimensions, signs, weights } = layout;
  const bits = offsets.length - 1;
  const real = zeros(values.rows, bits);
  const centred = new Float64Array(dimensions.length);
  for (let i = 0; i < values.rows; i++) {
    const from = i * values.columns;
    for (let bit = 0; bit < bits; bit++) {
      const start = offsets[bit];
      if (offsets[bit + 1] === start + 1 && thresholds[start] !== Infinity) {
        // Every rule leaves a lone member as it is.
        const value = signs[start] * values.data[from + dimensions[start]] - thresholds[start];
        real.data[i * bits + bit] = weights[start] * value;
        continue;
      }
      let kept = 0;
      let sum = 0;
      let least = Infinity;
      let most = -Infinity;
      for (let m = start; m < offsets[bit + 1]; m++) {
        const threshold = thresholds[m];
        if (threshold === Infinity) continue;
        const value = signs[m] * values.data[from + dimensions[m]] - threshold;
        sum += weights[m] * value;
        if (value < least) least = value;
        if (value > most) most = value;
        centred[kept++] = value;
      }
      let result = sum;
      if (kept === 0) result = 0;
      else if (rule === 'or') result = most;
      else if (rule === 'and') result = least;
      else if (rule === 'majority') result = median(centred.subarray(0, kept));
      real.data[i * bits + bit] = result;
    }
  }
  return real;
}

/** Sorts its argument. */
function median(values: Float64Array): number {
  values.sort();
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}
