import { crossProduct } from '../../transforms/cross-product.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { columnMeans } from '../../vectors/statistics.ts';

/** One group: dimensions, and -1 for those that are to be flipped. */
export interface DimensionGroup {
  readonly dimensions: readonly number[];
  readonly signs: readonly number[];
}

/** Sweeps over all pairs at most; the gain of later ones is negligible. */
const maximumSweeps = 8;

/**
 * Deals `dimensions` (column numbers of `values`) into groups of the given sizes, which must add up: those that
 * correlate most, either way, share a bit; flips make the correlation positive. Greedily, strongest pair first; then
 * members are exchanged as long as that helps.
 */
export function groupDimensions(
  values: Matrix,
  dimensions: readonly number[],
  sizes: readonly number[],
): DimensionGroup[] {
  const correlations = correlationsOf(values, dimensions);
  const count = dimensions.length;
  const strength = correlations.map(Math.abs);
  const groups = dealGreedily(strength, count, sizes);
  exchange(strength, count, groups);
  return groups.map((group) => {
    const members = group.toSorted((a, b) => a - b);
    return {
      dimensions: members.map((member) => dimensions[member]),
      signs: members.map((member) => (correlations[members[0] * count + member] < 0 ? -1 : 1)),
    };
  });
}

function dealGreedily(strength: Float64Array, count: number, sizes: readonly number[]): number[][] {
  const pairs: number[] = [];
  for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) pairs.push(a * count + b);
  pairs.sort((p, q) => strength[q] - strength[p] || p - q);
  const free = new Set(Array.from({ length: count }, (_, i) => i));
  const groups: number[][] = sizes.map(() => []);
  let next = 0;
  for (const pair of pairs) {
    const a = Math.floor(pair / count);
    const b = pair % count;
    if (next === groups.length || sizes[next] < 2) break;
    if (free.has(a) && free.has(b)) {
      free.delete(a);
      free.delete(b);
      groups[next++].push(a, b);
    }
  }
  groups.forEach((group, g) => {
    while (group.length < sizes[g]) {
      let best = -1;
      let bestGain = -1;
      for (const candidate of free) {
        const gain = strengthWith(strength, count, candidate, group, -1);
        if (gain > bestGain) [best, bestGain] = [candidate, gain];
      }
      free.delete(best);
      group.push(best);
    }
  });
  return groups;
}

/** Swaps members of two groups while the correlations within the groups add up to more. */
function exchange(strength: Float64Array, count: number, groups: number[][]): void {
  for (let sweep = 0; sweep < maximumSweeps; sweep++) {
    let improved = false;
    for (let g = 0; g < groups.length; g++) {
      for (let h = g + 1; h < groups.length; h++) {
        for (let i = 0; i < groups[g].length; i++) {
          for (let j = 0; j < groups[h].length; j++) {
            const a = groups[g][i];
            const b = groups[h][j];
            const gain =
              strengthWith(strength, count, b, groups[g], a) +
              strengthWith(strength, count, a, groups[h], b) -
              strengthWith(strength, count, a, groups[g], a) -
              strengthWith(strength, count, b, groups[h], b);
            if (gain <= 1e-9) continue;
            [groups[g][i], groups[h][j]] = [b, a];
            improved = true;
          }
        }
      }
    }
    if (!improved) return;
  }
}

/** Of one dimension with the members of a group other than `except`. */
function strengthWith(
  strength: Float64Array,
  count: number,
  dimension: number,
  group: readonly number[],
  except: number,
): number {
  let sum = 0;
  for (const member of group) if (member !== except) sum += strength[dimension * count + member];
  return sum;
}

/** `count x count`; 0 for dimensions that do not vary. */
function correlationsOf(values: Matrix, dimensions: readonly number[]): Float64Array {
  const { columns, norms } = centredColumns(values, dimensions);
  const count = dimensions.length;
  return crossProduct(columns, columns).map((product, p) => {
    const norm = norms[Math.floor(p / count)] * norms[p % count];
    return norm > 0 ? product / norm : 0;
  });
}

function centredColumns(values: Matrix, dimensions: readonly number[]) {
  const means = columnMeans(values);
  const columns = zeros(values.rows, dimensions.length);
  const squares = new Float64Array(dimensions.length);
  for (let i = 0; i < values.rows; i++) {
    for (let j = 0; j < dimensions.length; j++) {
      const value = values.data[i * values.columns + dimensions[j]] - means[dimensions[j]];
      columns.data[i * columns.columns + j] = value;
      squares[j] += value * value;
    }
  }
  return { columns, norms: squares.map(Math.sqrt) };
}
