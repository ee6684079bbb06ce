import type { NearRows } from '../../../kernels/near-rows.ts';
import type { FoundSlots } from '../../rows/segment-rows.ts';

/** Slots whose codes are near to a query's. */
export interface NearSlots extends FoundSlots {
  /** In bits, or as weights have it. */
  readonly distances: Uint32Array;
}

/** Larger than any. */
const largestDistance = 2 ** 30;

/** Scans a part; distances from `below` on are of no interest. */
export type PartScan<Part> = (
  part: Part,
  below: number | undefined,
  segment: number,
) => NearRows | undefined;

/**
 * The `count` nearest of several parts, by part and without their order. What is found in one makes the next give up
 * earlier: only what is nearer than the `count`-th so far is still of interest, as earlier rows come first among equals.
 */
export function nearestOfParts<Part>(
  parts: readonly Part[],
  count: number,
  scan: PartScan<Part>,
): NearSlots[] {
  const nearest = new NearestSlots(count);
  for (let segment = 0; segment < parts.length; segment++) {
    nearest.add(segment, scan(parts[segment], nearest.below, segment));
  }
  return nearest.slots();
}

/** Puts together what is found in parts, by counting how many codes are at each distance. */
export class NearestSlots {
  readonly #wanted: number;
  readonly #found: { readonly segment: number; readonly near: NearRows }[] = [];
  /** By distance: codes found. */
  readonly #counts: number[] = [];
  #total = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** The distance of the last that is wanted; undefined while there are fewer. */
  get below(): number | undefined {
    if (this.#total < this.#wanted) return undefined;
    let distance = 0;
    for (let sum = this.#counts[0]; sum < this.#wanted; ) sum += this.#counts[++distance];
    return distance;
  }

  /** @param near must not be needed by others, and stay as it is until `slots` was called */
  add(segment: number, near: NearRows | undefined): void {
    if (!near || near.rows.length === 0) return;
    const { distances } = near;
    const counts = this.#counts;
    for (let i = 0; i < distances.length; i++) {
      const distance = distances[i];
      while (counts.length <= distance) counts.push(0);
      counts[distance]++;
    }
    this.#total += distances.length;
    this.#found.push({ segment, near });
  }

  /** Those that are wanted: of those at the last distance, the earliest. */
  slots(): NearSlots[] {
    const last = this.below ?? largestDistance;
    let ties = this.#wanted;
    for (let d = 0; d < last && d < this.#counts.length; d++) ties -= this.#counts[d];
    return this.#found.map(({ segment, near: { rows, distances } }) => {
      // In their place, as nobody else needs them.
      let kept = 0;
      for (let i = 0; i < rows.length; i++) {
        const nearer = distances[i] - last;
        // The next one takes its place unless it is kept: a branch could not be foreseen.
        rows[kept] = rows[i];
        distances[kept] = distances[i];
        kept += nearer >>> 31;
        if (nearer === 0 && ties-- > 0) kept++;
      }
      return { segment, slots: rows.subarray(0, kept), distances: distances.subarray(0, kept) };
    });
  }
}
