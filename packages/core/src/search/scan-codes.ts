import type { CodeMemory } from '../kernels/kernel.ts';
import type { CodeSegment } from './code-segment.ts';
import type { RowSet } from './row-set.ts';
import { segmentSlots } from './segment-rows.ts';
import type { Segment } from './segmented-rows.ts';

/** Places of codes, nearest first; at the same distance in the order of writing. */
export interface NearestPlaces {
  readonly places: Float64Array;
  /** Hamming distances, in bits. */
  readonly distances: Uint32Array;
}

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
  return scanSegments(segments, options, ({ codes }) => codes, query);
}

/**
 * The same by way of their prefixes: the `prefixes` rows whose prefixes are nearest are compared in full.
 *
 * The distance of two prefixes is never larger than that of the codes. With `isExact`, more and more rows
 * are taken until the nearest prefix that was left out is farther than the farthest code that was found:
 * then no row that was left out can be among them. Where that is not reached soon, everything is scanned.
 */
export function scanThroughPrefixes(
  segments: readonly Segment<CodeSegment>[],
  query: Uint8Array,
  options: ScanOptions & { readonly prefixes: number; readonly isExact: boolean },
): NearestPlaces {
  const { count, isExact } = options;
  const rows = segments.reduce((sum, segment) => sum + segment.rows.count, 0);
  let prefixes = Math.max(count, options.prefixes);
  for (;;) {
    if (prefixes >= rows / 8 && isExact) return scanCodes(segments, query, options);
    const { allowed } = options;
    const near = scanSegments(
      segments,
      { count: prefixes, allowed },
      (content) => content.prefixes as CodeMemory,
      query,
    );
    const found = scanPlaces(segments, query, near.places, count);
    const leftOut = near.places.length < prefixes ? Infinity : (near.distances.at(-1) ?? Infinity);
    if (!isExact || leftOut > (found.distances.at(-1) ?? 0)) return found;
    prefixes *= 4;
  }
}

/** The nearest of the codes at the given places. */
function scanPlaces(
  segments: readonly Segment<CodeSegment>[],
  query: Uint8Array,
  places: Float64Array,
  count: number,
): NearestPlaces {
  const masks = segments.map(({ rows }) => new Uint8Array(Math.ceil(rows.slots / 8)));
  for (const place of places) {
    const slot = place % segmentSlots;
    masks[Math.floor(place / segmentSlots)][slot >> 3] |= 1 << (slot & 7);
  }
  return mergeScans(segments, count, ({ content }, ordinal, below) =>
    content.codes.nearest(query, count, masks[ordinal], { below }),
  );
}

function scanSegments(
  segments: readonly Segment<CodeSegment>[],
  { count, allowed }: ScanOptions,
  memoryOf: (content: CodeSegment) => CodeMemory,
  query: Uint8Array,
): NearestPlaces {
  return mergeScans(segments, count, ({ content, rows }, _ordinal, below) => {
    const mask = rows.mask(allowed);
    if (mask === 'none') return undefined;
    const memory = memoryOf(content);
    const code = query.subarray(0, memory.bytesPerCode);
    // Other slots may be filled since, where this is a snapshot.
    return memory.nearest(code, count, mask, { ranges: Uint32Array.of(0, rows.slots), below });
  });
}

/**
 * Scans segment by segment. What is found in one makes the next give up earlier: only what is nearer than
 * the `count`-th so far is still of interest, as earlier rows come first among equals.
 */
function mergeScans(
  segments: readonly Segment<CodeSegment>[],
  count: number,
  scan: (
    segment: Segment<CodeSegment>,
    ordinal: number,
    below: number | undefined,
  ) => { readonly rows: Uint32Array; readonly distances: Uint32Array } | undefined,
): NearestPlaces {
  let places = new Float64Array(0);
  let distances = new Uint32Array(0);
  for (const [ordinal, segment] of segments.entries()) {
    const below = distances.length < count ? undefined : (distances.at(-1) ?? 0);
    const found = scan(segment, ordinal, below);
    if (!found || found.rows.length === 0) continue;
    const start = ordinal * segmentSlots;
    const merged = Math.min(count, distances.length + found.rows.length);
    const mergedPlaces = new Float64Array(merged);
    const mergedDistances = new Uint32Array(merged);
    for (let i = 0, a = 0, b = 0; i < merged; i++) {
      const fromFirst =
        b >= found.rows.length || (a < distances.length && distances[a] <= found.distances[b]);
      mergedPlaces[i] = fromFirst ? places[a] : start + found.rows[b];
      mergedDistances[i] = fromFirst ? distances[a++] : found.distances[b++];
    }
    places = mergedPlaces;
    distances = mergedDistances;
  }
  return { places, distances };
}
