import { bestCandidates } from './best-candidates.ts';
import type { TopRows } from './top-rows.ts';

/** Lengths that are computed at a time. */
const blockSize = 32;

/**
 * Divides scalar products by lengths that have to be computed, for as few items as tells which are the best:
 * in the order of what they would come to with the smallest length there may be, until that is less than the
 * worst of the best. The others are given the least that they may come to.
 *
 * @param best all that were found so far, in earlier calls too; takes in these
 * @param normRange lengths beyond it count as its ends
 * @param normsOf the lengths of the named items
 */
export function cosinesByComputedNorms(
  products: Float32Array,
  best: TopRows,
  [smallest, largest]: readonly [smallest: number, largest: number],
  normsOf: (items: Uint32Array) => Float32Array,
): Float32Array {
  const most = smallest > 0 ? 1 / smallest : Infinity;
  const least = largest > 0 ? 1 / largest : 0;
  const cosines = Float32Array.from(products, (product) => product * (product > 0 ? least : most));
  const bounds = Float64Array.from(products, (product) => product * (product > 0 ? most : least));
  const { places: order } = bestCandidates(indices(products.length), bounds, products.length);
  for (let start = 0; start < order.length; start += blockSize) {
    if (bounds[order[start]] < best.lowest) break;
    const items = Uint32Array.from(order.subarray(start, start + blockSize));
    const norms = normsOf(items);
    for (let i = 0; i < items.length; i++) {
      const norm = Math.min(largest, Math.max(smallest, norms[i]));
      cosines[items[i]] = norm > 0 ? products[items[i]] * (1 / norm) : 0;
      best.offer(items[i], cosines[items[i]]);
    }
  }
  return cosines;
}

function indices(length: number): Float64Array {
  return new Float64Array(length).map((_, i) => i);
}
