import type { NearestCodes, NearRows } from '../kernels/kernel.ts';
import type { FoundSlots } from './best-slots.ts';
import type { CodeSegment } from './code-segment.ts';
import type { Found, NearestPlaces, PartScan } from './merge-scans.ts';
import { Merging, scanEach } from './merge-scans.ts';
import type { RowSet } from './row-set.ts';
import { segmentSlots } from './segment-rows.ts';
import type { Segment } from './segmented-rows.ts';

export interface ScanOptions {
  readonly count: number;
  /** Row numbers. Default: all rows that are not deleted. */
  readonly allowed?: RowSet | undefined;
}

/** The `count` codes that are nearest to a query's code. */
export function scanCodes(
  segments: readonly Segment<CodeSegment>[],
  query: Uint8Array,
  options: ScanOptions,
): NearestPlaces {
  return mergeScans(segments, options.count, (segment, below) =>
    scanSegment(segment, options, query, below),
  );
}

/** The same codes as `scanCodes` finds, by segment and without their order. */
export function scanSlots(
  segments: readonly Segment<CodeSegment>[],
  query: Uint8Array,
  options: ScanOptions,
): FoundSlots[] {
  const { found, merging } = scanEach(segments, options.count, (segment, below) =>
    scanSegment(segment, options, query, below),
  );
  return merging.cut(found);
}

/** What `scanCodes` or, by slots, `scanSlots` finds for each of several codes, one after the other. */
export function scanForEach(
  segments: readonly Segment<CodeSegment>[],
  queries: Uint8Array,
  { count, allowed }: ScanOptions,
): ScannedSegments[] {
  const scans: { found: Found<NearestCodes>[]; merging: Merging }[] = [];
  for (const [ordinal, { content, rows }] of segments.entries()) {
    const mask = rows.mask(allowed);
    if (mask === 'none') continue;
    const below = scans.length > 0 ? farthestBelow(scans.map(({ merging }) => merging)) : undefined;
    const limits = { ranges: Uint32Array.of(0, rows.slots), below };
    for (const [i, nearest] of content.codes
      .nearestOfEach(queries, count, mask, limits)
      .entries()) {
      scans[i] ??= { found: [], merging: new Merging(count) };
      if (nearest.rows.length === 0) continue;
      scans[i].merging.count(nearest.distances);
      scans[i].found.push({ ordinal, nearest });
    }
  }
  return scans.map(({ found, merging }) => ({
    places: () => merging.merge(found),
    slots: () => merging.cut(found),
  }));
}

/** The codes that a scan found: in order, or by segment. */
export interface ScannedSegments {
  places(): NearestPlaces;
  slots(): FoundSlots[];
}

/** What none of the queries is interested in any more. */
function farthestBelow(mergings: readonly Merging[]): number | undefined {
  let farthest = 0;
  for (const { below } of mergings) {
    if (below === undefined) return undefined;
    farthest = Math.max(farthest, below);
  }
  return farthest;
}

/** The slots whose prefixes are nearest by the weights of their bits, without their order. */
export function scanPrefixes(
  segments: readonly Segment<CodeSegment>[],
  weights: Int8Array,
  options: ScanOptions,
): FoundSlots[] {
  const { found, merging } = scanEach(segments, options.count, (segment, below) =>
    scanPrefixesOf(segment, options, weights, below),
  );
  return merging.cut(found);
}

/** The `count` codes that are nearest to a query's code, of those at the given slots. */
export function scanFound(
  segments: readonly Segment<CodeSegment>[],
  query: Uint8Array,
  found: readonly FoundSlots[],
  count: number,
): NearestPlaces {
  const masks = segments.map(({ rows }) => new Uint8Array(Math.ceil(rows.slots / 8)));
  for (const { ordinal, slots } of found) {
    for (const slot of slots) masks[ordinal][slot >> 3] |= 1 << (slot & 7);
  }
  return mergeScans(segments, count, ({ content }, below, ordinal) =>
    content.codes.nearest(query, count, masks[ordinal], { below }),
  );
}

/**
 * What `scanCodes` finds, by way of the prefixes: the rows whose prefixes are nearest are compared in full.
 *
 * The distance of two prefixes is never larger than that of the codes. More and more rows are taken until
 * the nearest prefix that was left out is farther than the farthest code that was found: then no row that
 * was left out can be among them. Where that is not reached soon, everything is scanned.
 *
 * @param weights of the bits of a prefix: 1 where the query's is 1, -1 where it is 0
 */
export function scanThroughPrefixes(
  segments: readonly Segment<CodeSegment>[],
  query: Uint8Array,
  weights: Int8Array,
  options: ScanOptions,
): NearestPlaces {
  const { count } = options;
  const rows = segments.reduce((sum, segment) => sum + segment.rows.count, 0);
  for (let prefixes = 4 * count; prefixes < rows / 8; prefixes *= 4) {
    const { found, merging } = scanEach(segments, prefixes, (segment, below) =>
      scanPrefixesOf(segment, { ...options, count: prefixes }, weights, below),
    );
    const nearest = scanFound(segments, query, merging.cut(found), count);
    // While there are fewer rows than asked for, none was left out.
    const leftOut = merging.below ?? Infinity;
    if (leftOut > (nearest.distances.at(-1) ?? 0)) return nearest;
  }
  return scanCodes(segments, query, options);
}

/** Places by segment. */
export function foundSlots(segments: number, places: Float64Array): FoundSlots[] {
  const found = Array.from({ length: segments }, (): number[] => []);
  for (const place of places) {
    const ordinal = Math.floor(place / segmentSlots);
    found[ordinal].push(place - ordinal * segmentSlots);
  }
  return found.map((slots, ordinal) => ({ ordinal, slots: Uint32Array.from(slots) }));
}

function scanPrefixesOf(
  { content, rows }: Segment<CodeSegment>,
  { count, allowed: given }: ScanOptions,
  weights: Int8Array,
  below: number | undefined,
): NearRows | undefined {
  const mask = rows.mask(given);
  if (mask === 'none') return undefined;
  const ranges = Uint32Array.of(0, rows.slots);
  return content.prefixes?.nearest(weights, count, { ranges, allowed: mask, below });
}

function scanSegment(
  { content, rows }: Segment<CodeSegment>,
  { count, allowed }: ScanOptions,
  query: Uint8Array,
  below: number | undefined,
): NearestCodes | undefined {
  const mask = rows.mask(allowed);
  if (mask === 'none') return undefined;
  // Other slots may be filled since, where this is a snapshot.
  return content.codes.nearest(query, count, mask, {
    ranges: Uint32Array.of(0, rows.slots),
    below,
  });
}

function mergeScans(
  segments: readonly Segment<CodeSegment>[],
  count: number,
  scan: PartScan<Segment<CodeSegment>, NearestCodes>,
): NearestPlaces {
  const { found, merging } = scanEach(segments, count, scan);
  return merging.merge(found);
}
