import type { Matrix } from '../../vectors/matrix.ts';
import type { GroupLayout } from './group-layout.ts';

/** Sums over rows, one value per member. */
export interface GroupGradients {
  readonly thresholds: Float32Array;
  readonly weights: Float32Array;
}

/**
 * Adds to `sums` how a loss changes with thresholds and weights, given how it changes with the real
 * values of {@link groupValues}. Of `or`, `and` and `majority` only the members that decided the value
 * get a share.
 *
 * @param gradient by the real values, `rows x bits`
 */
export function addGroupGradients(
  values: Matrix,
  layout: GroupLayout,
  thresholds: Float32Array,
  gradient: Matrix,
  sums: GroupGradients,
): void {
  const { rule, offsets, dimensions, signs, weights } = layout;
  const bits = offsets.length - 1;
  const members = new Uint32Array(dimensions.length);
  const centred = new Float64Array(dimensions.length);
  for (let i = 0; i < values.rows; i++) {
    const from = i * values.columns;
    for (let bit = 0; bit < bits; bit++) {
      const slope = gradient.data[i * bits + bit];
      if (slope === 0) continue;
      if (offsets[bit + 1] - offsets[bit] === 1) {
        // A weight of its own changes nothing about the sign of a lone member, so it stays as it is.
        sums.thresholds[offsets[bit]] -= slope * weights[offsets[bit]];
        continue;
      }
      let count = 0;
      for (let m = offsets[bit]; m < offsets[bit + 1]; m++) {
        if (thresholds[m] === Infinity) continue;
        centred[m] = signs[m] * values.data[from + dimensions[m]] - thresholds[m];
        members[count++] = m;
      }
      if (rule === 'sum' || rule === 'linear') {
        for (let p = 0; p < count; p++) {
          const m = members[p];
          sums.thresholds[m] -= slope * weights[m];
          sums.weights[m] += slope * centred[m];
        }
      } else if (rule === 'majority') {
        const deciding = middleMembers(members.subarray(0, count), centred);
        for (const m of deciding) sums.thresholds[m] -= slope / deciding.length;
      } else if (count > 0) {
        const direction = rule === 'or' ? 1 : -1;
        let deciding = members[0];
        for (let p = 1; p < count; p++) {
          const m = members[p];
          if (direction * (centred[m] - centred[deciding]) > 0) deciding = m;
        }
        sums.thresholds[deciding] -= slope;
      }
    }
  }
}

/** The member with the median value, or the two around it. */
function middleMembers(members: Uint32Array, centred: Float64Array): Uint32Array {
  const sorted = members.toSorted((a, b) => centred[a] - centred[b]);
  const middle = sorted.length >> 1;
  return sorted.subarray(Math.max(0, sorted.length % 2 === 1 ? middle : middle - 1), middle + 1);
}
