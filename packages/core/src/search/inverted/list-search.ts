import type { NearestCodes } from '../../kernels/kernel.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import { bestCandidates } from '../best-candidates.ts';
import type { Candidates } from '../candidates.ts';
import { scorePlaces } from '../candidates.ts';
import type { CodeQuery } from '../code-scoring.ts';
import { codeScorer, project, scoreAll, signsOf } from '../code-scoring.ts';
import type { RowSet } from '../row-set.ts';
import type { NearestPlaces } from '../scan-codes.ts';
import type { ResolvedDepth } from '../search-depth.ts';
import { segmentSlots } from '../segment-rows.ts';
import type { SegmentedRows } from '../segmented-rows.ts';
import { TopRows } from '../top-rows.ts';
import type { Centroids } from './centroids.ts';
import type { InvertedLists } from './inverted-lists.ts';
import { memorySlots } from './inverted-lists.ts';
import type { VectorContent } from './vector-content.ts';

/** What a search of lists reads, and additions write. */
export interface ListedCodes {
  readonly quantizer: Quantizer;
  readonly centroids: Centroids;
  readonly lists: InvertedLists;
  readonly rows: SegmentedRows<VectorContent>;
}

/** Finds candidates in the lists whose centroids are nearest to a query. */
export class ListSearch {
  readonly #listed: ListedCodes;

  constructor(listed: ListedCodes) {
    this.#listed = listed;
  }

  /** Rows, best first, from as many lists as hold `k` of them. */
  candidates(
    unit: Float32Array,
    depth: ResolvedDepth,
    probes: number | undefined,
    allowed: RowSet | undefined,
  ): Candidates {
    const { lists: all, rows } = this.#listed;
    const query = { unit, projection: project(this.#listed.quantizer, unit) };
    const wanted = Math.min(depth.k, allowed?.size ?? Infinity, rows.count);
    let count = Math.min(all.count, probes ?? defaultProbes(all.count));
    for (;;) {
      const found = this.#candidatesIn(this.#nearest(query, count), query, depth, allowed);
      if (found.places.length >= wanted || count === all.count) return found;
      count = Math.min(all.count, 4 * count);
    }
  }

  #candidatesIn(
    lists: ArrayLike<number>,
    query: CodeQuery,
    { scoring, queryDigits, candidates, scored }: ResolvedDepth,
    allowed: RowSet | undefined,
  ): Candidates {
    const { quantizer, lists: all } = this.#listed;
    // A row may be found once in each of its lists.
    const { copies } = all;
    const { places, distances } = this.#scan(lists, signsOf(query), copies * candidates, allowed);
    // The angle between two vectors is about π times the share of bits in which their codes differ.
    const angle = Math.PI / quantizer.bits;
    const scores =
      scoring === 'symmetric'
        ? Float64Array.from(distances, (distance) => Math.cos(angle * distance))
        : scorePlaces(
            all.memories.map((content) => ({ content })),
            places,
            scoreAll(codeScorer(quantizer, query, { scoring, queryDigits, scored })),
            memorySlots,
          );
    // Which rows they are is looked up for those alone that may be among the best.
    const top = new TopRows(copies * scored);
    for (let i = 0; i < scores.length; i++) top.offer(i, scores[i]);
    const { lowest } = top;
    let kept = 0;
    for (let i = 0; i < scores.length; i++) {
      if (scores[i] < lowest) continue;
      places[kept] = places[i];
      scores[kept++] = scores[i];
    }
    const rowPlaces = this.#rowPlaces(places.subarray(0, kept));
    const best = bestCandidates(rowPlaces, scores.subarray(0, kept), copies * scored);
    return copies === 1 ? best : withoutCopies(best, scored);
  }

  /** The nearest codes in some lists, in any order. */
  #scan(
    lists: ArrayLike<number>,
    code: Uint8Array,
    count: number,
    allowed: RowSet | undefined,
  ): NearestPlaces {
    const { lists: all } = this.#listed;
    const parts: { readonly start: number; readonly nearest: NearestCodes }[] = [];
    let total = 0;
    let below: number | undefined;
    for (const [ordinal, ranges] of all.ranges(lists).entries()) {
      if (ranges.length === 0) continue;
      const { codes, rows } = all.memories[ordinal];
      const mask = allowed && maskOf(ranges, rows, allowed);
      const nearest = codes.nearest(code, count, mask, { ranges, below });
      // Nothing as far as the last of so many is of interest any more.
      if (nearest.rows.length === count) below = nearest.distances[count - 1];
      parts.push({ start: ordinal * memorySlots, nearest });
      total += nearest.rows.length;
    }
    const places = new Float64Array(total);
    const distances = new Uint32Array(total);
    let end = 0;
    for (const { start, nearest } of parts) {
      distances.set(nearest.distances, end);
      for (let i = 0; i < nearest.rows.length; i++) places[end++] = start + nearest.rows[i];
    }
    if (total <= count) return { places, distances };
    const order = Uint32Array.from(places.keys())
      .sort((a, b) => distances[a] - distances[b] || a - b)
      .subarray(0, count);
    return {
      places: Float64Array.from(order, (i) => places[i]),
      distances: distances.slice(0, count).map((_, i) => distances[order[i]]),
    };
  }

  nearestLists(unit: Float32Array, count: number): ArrayLike<number> {
    return this.#nearest({ unit, projection: project(this.#listed.quantizer, unit) }, count);
  }

  #nearest({ unit, projection }: CodeQuery, count: number): ArrayLike<number> {
    return this.#listed.centroids.nearest({ unit, projection: () => projection }, count);
  }

  /** From places of codes to those of rows, whose order is that of writing. */
  #rowPlaces(places: Float64Array): Float64Array {
    const { lists, rows } = this.#listed;
    return places.map((place) => {
      const { ordinal, slot } = rows.find(lists.rowAt(place))!;
      return ordinal * segmentSlots + slot;
    });
  }
}

/** Copies of a row have the same score, and so stand side by side. */
function withoutCopies({ places, scores }: Candidates, count: number): Candidates {
  let kept = 0;
  for (let i = 0; i < places.length && kept < count; i++) {
    if (i > 0 && places[i] === places[i - 1]) continue;
    places[kept] = places[i];
    scores[kept++] = scores[i];
  }
  return { places: places.subarray(0, kept), scores: scores.subarray(0, kept) };
}

function maskOf(ranges: Uint32Array, rows: Uint32Array, allowed: RowSet): Uint8Array {
  const mask = new Uint8Array(Math.ceil(rows.length / 8));
  for (let r = 0; r < ranges.length; r += 2) {
    for (let slot = ranges[r]; slot < ranges[r + 1]; slot++) {
      if (allowed.has(rows[slot])) mask[slot >> 3] |= 1 << (slot & 7);
    }
  }
  return mask;
}

function defaultProbes(lists: number): number {
  return Math.max(8, Math.ceil(lists / 8));
}
