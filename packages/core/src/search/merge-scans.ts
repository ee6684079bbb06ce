import type { NearestCodes, NearRows } from '../kernels/kernel.ts';
import type { FoundSlots } from './best-slots.ts';
import { segmentSlots } from './segment-rows.ts';

/** Places of codes, nearest first; at the same distance in the order of writing. */
export interface NearestPlaces {
  readonly places: Float64Array;
  /** Hamming distances, in bits. */
  readonly distances: Uint32Array;
}

/** Larger than any. */
const largestDistance = 2 ** 30;

/** What was found in one of the parts. */
export interface Found<Near extends NearRows = NearRows> {
  readonly ordinal: number;
  readonly nearest: Near;
}

/** Scans a part; distances from `below` on are of no interest. */
export type PartScan<Part, Near extends NearRows> = (
  part: Part,
  below: number | undefined,
  ordinal: number,
) => Near | undefined;

/**
 * Scans part by part. What is found in one makes the next give up earlier: only what is nearer than
 * the `count`-th so far is still of interest, as earlier rows come first among equals.
 */
export function scanEach<Part, Near extends NearRows>(
  parts: readonly Part[],
  count: number,
  scan: PartScan<Part, Near>,
): { readonly found: Found<Near>[]; readonly merging: Merging } {
  const found: Found<Near>[] = [];
  const merging = new Merging(count);
  for (let ordinal = 0; ordinal < parts.length; ordinal++) {
    const nearest = scan(parts[ordinal], merging.below, ordinal);
    if (!nearest || nearest.rows.length === 0) continue;
    merging.count(nearest.distances);
    found.push({ ordinal, nearest });
  }
  return { found, merging };
}

/**
 * Puts together what was found in parts, by counting how many codes are at each distance. Those at the same
 * distance come in the order of their rows.
 */
export class Merging {
  readonly #wanted: number;
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

  count(distances: Uint32Array): void {
    const counts = this.#counts;
    for (let i = 0; i < distances.length; i++) {
      const distance = distances[i];
      while (counts.length <= distance) counts.push(0);
      counts[distance]++;
    }
    this.#total += distances.length;
  }

  /**
   * Those that are wanted, in order.
   *
   * @param slotsPerPart what places are counted by
   */
  merge(found: readonly Found<NearestCodes>[], slotsPerPart: number = segmentSlots): NearestPlaces {
    const merged = Math.min(this.#wanted, this.#total);
    const places = new Float64Array(merged);
    const distances = new Uint32Array(merged);
    const next = new Uint32Array(this.#counts.length);
    for (let d = 1; d < next.length; d++) next[d] = next[d - 1] + this.#counts[d - 1];
    for (const { ordinal, nearest } of found) {
      const start = ordinal * slotsPerPart;
      for (let i = 0; i < nearest.rows.length; i++) {
        const distance = nearest.distances[i];
        const at = next[distance]++;
        if (at >= merged) continue;
        places[at] = start + nearest.rows[i];
        distances[at] = distance;
      }
    }
    return { places, distances };
  }

  /** Those that are wanted, by part. */
  cut(found: readonly Found[]): FoundSlots[] {
    const last = this.below ?? largestDistance;
    // How many of those at the last distance are wanted: the earliest.
    let ties = this.#wanted;
    for (let d = 0; d < last && d < this.#counts.length; d++) ties -= this.#counts[d];
    return found.map(({ ordinal, nearest: { rows, distances } }) => {
      // In their place, as nobody else needs them.
      let kept = 0;
      for (let i = 0; i < rows.length; i++) {
        const nearer = distances[i] - last;
        // The next one takes its place unless it is kept: a branch could not be foreseen.
        rows[kept] = rows[i];
        kept += nearer >>> 31;
        if (nearer === 0 && ties-- > 0) kept++;
      }
      return { ordinal, slots: rows.subarray(0, kept) };
    });
  }
}
