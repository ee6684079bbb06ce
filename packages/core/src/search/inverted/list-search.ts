import type { NearRows, ScanLimits } from '../../kernels/kernel.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import { bestCandidates } from '../best-candidates.ts';
import type { FoundSlots, ScoredSlots } from '../best-slots.ts';
import { keepBestSlots } from '../best-slots.ts';
import type { Candidates } from '../candidates.ts';
import type { CodeQuery } from '../code-scoring.ts';
import { codeScorer, project, signsOf } from '../code-scoring.ts';
import type { NearestPlaces } from '../merge-scans.ts';
import { scanEach } from '../merge-scans.ts';
import { prefixWeights } from '../prefix-weights.ts';
import type { RowSet } from '../row-set.ts';
import type { ResolvedDepth } from '../search-depth.ts';
import { segmentSlots } from '../segment-rows.ts';
import type { SegmentedRows } from '../segmented-rows.ts';
import { TopRows } from '../top-rows.ts';
import type { VectorContent } from '../vector-content.ts';
import type { Centroids } from './centroids.ts';
import type { InvertedLists, ListMemory } from './inverted-lists.ts';
import { memorySlots } from './inverted-lists.ts';
import { RowMarks } from './row-marks.ts';

/** What a search of lists reads, and additions write. */
export interface ListedCodes {
  readonly quantizer: Quantizer;
  readonly centroids: Centroids;
  readonly lists: InvertedLists;
  readonly rows: SegmentedRows<VectorContent>;
}

/** What is looked for, and where. */
interface ListQuery extends CodeQuery {
  readonly depth: ResolvedDepth;
  readonly probes: number | undefined;
  readonly allowed: RowSet | undefined;
}

/** Finds candidates in the lists whose centroids are nearest to a query. */
export class ListSearch {
  readonly #listed: ListedCodes;
  /** Rows that a scan has found: with copies, it may find them twice. */
  readonly #found: RowMarks = new RowMarks();

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
    const query = { ...this.#project(unit), depth, probes, allowed };
    const { scored } = depth;
    if (depth.scoring === 'symmetric') {
      const { places, distances } = this.#nearestCodes(query);
      // The angle between two vectors is about π times the share of bits in which their codes differ.
      const angle = Math.PI / this.#listed.quantizer.bits;
      const scores = Float64Array.from(distances, (distance) => Math.cos(angle * distance));
      return bestCandidates(this.#rowPlaces(places), scores, scored);
    }
    const groups = this.#scoredSlots(query);
    const top = new TopRows(scored);
    let total = 0;
    for (const { scores } of groups) {
      for (let i = 0; i < scores.length; i++) top.offer(i, scores[i]);
      total += scores.length;
    }
    // Which rows they are is looked up for those alone that may be among the best.
    const { lowest } = top;
    const places = new Float64Array(total);
    const best = new Float64Array(total);
    let kept = 0;
    for (const { ordinal, slots, scores } of groups) {
      for (let i = 0; i < scores.length; i++) {
        if (scores[i] < lowest) continue;
        places[kept] = ordinal * memorySlots + slots[i];
        best[kept++] = scores[i];
      }
    }
    return bestCandidates(
      this.#rowPlaces(places.subarray(0, kept)),
      best.subarray(0, kept),
      scored,
    );
  }

  /** The rows of the best candidates by segment and without their order, which is quicker. */
  slots(
    unit: Float32Array,
    depth: ResolvedDepth,
    probes: number | undefined,
    allowed: RowSet | undefined,
  ): FoundSlots[] {
    const { lists, rows } = this.#listed;
    const query = { ...this.#project(unit), depth, probes, allowed };
    const bySegment = rows.segments.map((): number[] => []);
    for (const { ordinal, slots } of keepBestSlots(this.#scoredSlots(query), depth.scored)) {
      const { rows: rowsOfMemory } = lists.memories[ordinal];
      for (let i = 0; i < slots.length; i++) {
        const place = rows.find(rowsOfMemory[slots[i]])!;
        bySegment[place.ordinal].push(place.slot);
      }
    }
    const found: FoundSlots[] = [];
    for (const [ordinal, slots] of bySegment.entries()) {
      if (slots.length > 0) found.push({ ordinal, slots: Uint32Array.from(slots) });
    }
    return found;
  }

  nearestLists(unit: Float32Array, count: number): ArrayLike<number> {
    return this.#nearest(this.#project(unit), count);
  }

  #project(unit: Float32Array): CodeQuery {
    return { unit, projection: project(this.#listed.quantizer, unit) };
  }

  #nearest({ unit, projection }: CodeQuery, count: number): ArrayLike<number> {
    return this.#listed.centroids.nearest({ unit, projection: () => projection }, count);
  }

  /** Slots by memory, scored by codes: the best of each memory at least, and each row once. */
  #scoredSlots(query: ListQuery): readonly ScoredSlots[] {
    const { quantizer, lists } = this.#listed;
    const { copies, prefixBits } = lists;
    const { scoring, queryDigits, candidates, prefixes } = query.depth;
    const scored = copies * query.depth.scored;
    const options = { scoring: scoring as 'asymmetric' | 'decoded', queryDigits, scored };
    // What is safe to be found by prefixes is what is found by codes.
    const byPrefixes = typeof prefixes === 'number';
    const count = byPrefixes ? Math.max(copies * prefixes, scored) : copies * candidates;
    const scan = byPrefixes ? scanOfPrefixes(query, prefixBits) : scanOfCodes(query);
    const { groups } = this.#fromLists(query, (ranges) => {
      const { found, merging } = this.#scan(ranges, count, query.allowed, scan);
      // A new one each time: it remembers the best that it has seen, which more lists would show it again.
      const score = codeScorer(quantizer, query, options);
      return this.#withoutCopies(
        merging.cut(found).map(({ ordinal, slots: near }) => {
          const { slots, scores } = score(lists.memories[ordinal], near, scored);
          return { ordinal, slots, scores };
        }),
      );
    });
    return groups;
  }

  /** The nearest codes, nearest first, and each row once. */
  #nearestCodes(query: ListQuery): NearestPlaces {
    const count = this.#listed.lists.copies * query.depth.candidates;
    const scan = scanOfCodes(query);
    return this.#fromLists(query, (ranges) => {
      const { found, merging } = this.#scan(ranges, count, query.allowed, scan);
      return this.#placesWithoutCopies(merging.merge(found, memorySlots));
    });
  }

  /** What is found in the lists to be probed, and in more of them while that is less than is wanted. */
  #fromLists<Found extends { readonly size: number }>(
    query: ListQuery,
    find: (ranges: readonly Uint32Array[]) => Found,
  ): Found {
    const { lists, rows } = this.#listed;
    const { depth, allowed } = query;
    const wanted = Math.min(depth.k, allowed?.size ?? Infinity, rows.count);
    let count = Math.min(lists.count, query.probes ?? defaultProbes(lists.count));
    for (;;) {
      const found = find(lists.ranges(this.#nearest(query, count)));
      if (found.size >= wanted || count === lists.count) return found;
      count = Math.min(lists.count, 4 * count);
    }
  }

  /** @param ranges of each memory */
  #scan(
    ranges: readonly Uint32Array[],
    count: number,
    allowed: RowSet | undefined,
    scan: MemoryScan,
  ): ReturnType<typeof scanEach<ListMemory, NearRows>> {
    return scanEach(this.#listed.lists.memories, count, (memory, below, ordinal) => {
      const ofMemory = ranges[ordinal];
      if (ofMemory.length === 0) return undefined;
      const mask = allowed && maskOf(ofMemory, memory.rows, allowed);
      return scan(memory, count, mask, { ranges: ofMemory, below });
    });
  }

  #withoutCopies(groups: readonly ScoredSlots[]): {
    readonly groups: readonly ScoredSlots[];
    readonly size: number;
  } {
    const { lists } = this.#listed;
    let size = 0;
    const once = groups.map(({ ordinal, slots, scores }) => {
      const { rows } = lists.memories[ordinal];
      let kept = 0;
      // In their place, as nobody else needs what is there.
      for (let i = 0; i < slots.length; i++) {
        slots[kept] = slots[i];
        scores[kept] = scores[i];
        if (this.#found.add(rows[slots[i]])) kept++;
      }
      size += kept;
      return { ordinal, slots: slots.subarray(0, kept), scores: scores.subarray(0, kept) };
    });
    this.#found.clear();
    return { groups: once, size };
  }

  #placesWithoutCopies({ places, distances }: NearestPlaces): NearestPlaces & {
    readonly size: number;
  } {
    const { lists } = this.#listed;
    let size = 0;
    for (let i = 0; i < places.length; i++) {
      if (!this.#found.add(lists.rowAt(places[i]))) continue;
      places[size] = places[i];
      distances[size++] = distances[i];
    }
    this.#found.clear();
    return { places: places.subarray(0, size), distances: distances.subarray(0, size), size };
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

/** The rows nearest to a query in a memory of lists. */
type MemoryScan = (
  memory: ListMemory,
  count: number,
  allowed: Uint8Array | undefined,
  limits: ScanLimits,
) => NearRows | undefined;

function scanOfCodes(query: CodeQuery): MemoryScan {
  const code = signsOf(query);
  return ({ codes }, count, allowed, limits) => codes.nearest(code, count, allowed, limits);
}

function scanOfPrefixes({ projection }: CodeQuery, prefixBits: number): MemoryScan {
  const weights = prefixWeights(projection.subarray(0, prefixBits));
  return ({ prefixes }, count, allowed, limits) =>
    prefixes?.nearest(weights, count, { allowed, ...limits });
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
