import { packSigns } from '../../../codes/codes.ts';
import type { NearRows } from '../../../kernels/near-rows.ts';
import type { Quantizer } from '../../../quantizers/quantizer.ts';
import type { Matrix } from '../../../vectors/matrix.ts';
import { CodeQuery, codeScorer } from '../../ranking/code-scoring.ts';
import type { ScoredSlots } from '../../ranking/keep-best.ts';
import { keepBest } from '../../ranking/keep-best.ts';
import type { RowSet } from '../../rows/row-set.ts';
import type { FoundSlots } from '../../rows/segment-rows.ts';
import type { Segment } from '../../rows/segmented-rows.ts';
import type { ResolvedDepth } from '../../search-depth.ts';
import { equalWeights, leadingWeights } from '../query-weights.ts';
import type { NearSlots } from './nearest-slots.ts';
import { NearestSlots, nearestOfParts } from './nearest-slots.ts';
import type { SegmentCodes } from './segment-codes.ts';

/** Segments with codes. */
export interface ScannedCodes {
  readonly quantizer: Quantizer;
  readonly segments: readonly Segment<{ readonly codes: SegmentCodes | undefined }>[];
}

/**
 * Candidates by a scan of all codes: the nearest by Hamming distance, or by weights of their first bits, of which
 * scores by code keep the best.
 */
export function scan(
  scanned: ScannedCodes,
  query: CodeQuery,
  depth: ResolvedDepth,
  allowed: RowSet | undefined,
): FoundSlots[] {
  const isWhole = depth.prefixes === undefined && scanned.quantizer.firstBits === undefined;
  const near = isWhole
    ? scanCodes(scanned, query.signs, depth, allowed)
    : scanPrefixes(scanned, query, depth, allowed);
  return keepBestCodes(scanned, query, depth, near);
}

/** The same for each of several queries, which share the reading of the codes. */
export function* scanForEach(
  scanned: ScannedCodes,
  units: readonly Float32Array[],
  projections: Matrix,
  depth: ResolvedDepth,
  allowed: RowSet | undefined,
): Generator<FoundSlots[]> {
  const { columns, data } = projections;
  const nearest = units.map(() => new NearestSlots(depth.candidates));
  for (const [segment, { content, rows }] of scanned.segments.entries()) {
    const mask = rows.mask(allowed);
    if (mask === 'none') continue;
    const limits = { ranges: Uint32Array.of(0, rows.slots), below: farthestBelow(nearest) };
    const { codes } = content.codes as SegmentCodes;
    const found = codes.nearestOfEach(packSigns(projections).data, depth.candidates, mask, limits);
    for (const [i, near] of found.entries()) nearest[i].add(segment, near);
  }
  for (const [i, unit] of units.entries()) {
    const projection = data.subarray(i * columns, (i + 1) * columns);
    const query = new CodeQuery(scanned.quantizer, unit, projection);
    yield keepBestCodes(scanned, query, depth, nearest[i].slots());
  }
}

/** Of slots that were found, those that scores by code make the best, as many as are to be re-ranked. */
export function keepBestCodes(
  { quantizer, segments }: ScannedCodes,
  query: CodeQuery,
  { scoring, queryDigits, scored, rerank }: ResolvedDepth,
  found: readonly (FoundSlots | NearSlots)[],
): FoundSlots[] {
  if (rerank && found.reduce((sum, { slots }) => sum + slots.length, 0) <= scored)
    return [...found];
  if (scoring === 'symmetric') return found.map((near) => byDistance(near as NearSlots, quantizer));
  const score = codeScorer(quantizer, query, { scoring, queryDigits });
  const groups = found.map(({ segment, slots }): ScoredSlots => {
    return { segment, ...score(segments[segment].content.codes as SegmentCodes, slots, scored) };
  });
  return keepBest(groups, scored);
}

/** The angle between two vectors is about π times the share of bits in which their codes differ. */
function byDistance(
  { segment, slots, distances }: NearSlots,
  { bits, firstBits = bits }: Quantizer,
): ScoredSlots {
  const angle = Math.PI / firstBits;
  return {
    segment,
    slots,
    scores: Float64Array.from(distances, (distance) => Math.cos(angle * distance)),
  };
}

function scanCodes(
  { segments }: ScannedCodes,
  code: Uint8Array,
  { candidates }: ResolvedDepth,
  allowed: RowSet | undefined,
): NearSlots[] {
  return nearestOfParts(segments, candidates, ({ content, rows }, below): NearRows | undefined => {
    const mask = rows.mask(allowed);
    if (mask === 'none') return undefined;
    // Other slots may be filled since, where this is a snapshot.
    const limits = { ranges: Uint32Array.of(0, rows.slots), below };
    return content.codes?.codes.nearest(code, candidates, mask, limits);
  });
}

function scanPrefixes(
  { segments, quantizer }: ScannedCodes,
  { projection }: CodeQuery,
  { scoring, prefixes = 0, scored }: ResolvedDepth,
  allowed: RowSet | undefined,
): NearSlots[] {
  const count = Math.max(prefixes, scored);
  const prefixBits = segments[0]?.content.codes?.prefixes?.bits ?? 0;
  const values = projection.subarray(0, prefixBits);
  const weights =
    scoring === 'symmetric' ? equalWeights(values) : leadingWeights(values, quantizer);
  return nearestOfParts(segments, count, ({ content, rows }, below): NearRows | undefined => {
    const mask = rows.mask(allowed);
    if (mask === 'none') return undefined;
    const ranges = Uint32Array.of(0, rows.slots);
    return content.codes?.prefixes?.nearest(weights, count, { ranges, allowed: mask, below });
  });
}

/** What none of the queries is interested in any more. */
function farthestBelow(nearest: readonly NearestSlots[]): number | undefined {
  let farthest = 0;
  for (const { below } of nearest) {
    if (below === undefined) return undefined;
    farthest = Math.max(farthest, below);
  }
  return farthest;
}
