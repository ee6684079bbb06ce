import { bytesPerCode } from '../../codes/codes.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { SharedKernel } from '../../kernels/scan/shared-kernel.ts';
import { createSharedKernel } from '../../kernels/scan/shared-kernel.ts';
import { loadTrustedQuantizer } from '../../quantizers/load.ts';
import type { BinaryIndex } from '../../search/binary-index.ts';
import { IndexReader } from '../../search/index-reader.ts';
import type { IndexSegment, SharedSegment } from '../../search/index-segment.ts';
import { openSharedSegment } from '../../search/index-segment.ts';
import { rerank } from '../../search/ranking/rerank.ts';
import type { ScoredRow } from '../../search/ranking/top-k.ts';
import type { FoundSlots } from '../../search/rows/segment-rows.ts';
import { segmentSlots } from '../../search/rows/segment-rows.ts';
import type { Segment } from '../../search/rows/segmented-rows.ts';

// All that the pool knows of how an index is made.

/** An index for threads to search: its very memory. */
export interface SharedIndex {
  /** The quantizer's file. */
  readonly quantizer: SharedArrayBuffer;
  readonly segments: readonly SharedSegment[];
  /** The number of the thread among all that read the memory. */
  readonly party: number;
}

/** An index as it was at a moment: here, and for threads. */
export interface IndexVersion {
  readonly number: number;
  readonly segments: readonly Segment<Pick<IndexSegment, 'vectors'>>[];
  readonly shared: Omit<SharedIndex, 'party'>;
  /** Whether threads have the vectors to re-rank with. */
  readonly hasVectors: boolean;
}

/** What a thread found for a query: places, which are slots counted through all segments, and scores. */
export interface FoundPlaces {
  readonly places: Float64Array;
  readonly scores: Float64Array;
}

/** An index in the thread that searches it. */
export interface OpenedIndex {
  readonly dimensions: number;
  readonly search: Pick<IndexReader, 'searchBatch'>;
}

let versions = 0;
/** What the memory of shared indexes is written with. */
let owner: SharedKernel | undefined;

/** @throws BitryoshkaError `not-supported` without codes, where vectors are fetched, or where memory is not shared */
export function shareIndex(index: BinaryIndex): IndexVersion {
  owner ??= createSharedKernel({ mostRows: segmentSlots, party: 0 });
  if (!owner) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: 'got an engine without shared memory for WebAssembly.',
      remedy: 'Call searchBatch of the index.',
    });
  }
  const { segments, shared } = index.share(owner);
  const hasVectors = shared.every(({ vectors }) => vectors !== undefined);
  const file = index.quantizer?.save() ?? new Uint8Array(0);
  const quantizer = new SharedArrayBuffer(file.length);
  new Uint8Array(quantizer).set(file);
  return { number: ++versions, segments, shared: { quantizer, segments: shared }, hasVectors };
}

export function openIndex({ quantizer: file, segments, party }: SharedIndex): OpenedIndex {
  // A file is read with views that shared memory does not allow.
  const quantizer = loadTrustedQuantizer(new Uint8Array(file).slice());
  const { bits, inputDimensions: dimensions } = quantizer;
  const kernel = createSharedKernel({ mostRows: segmentSlots, party }) as SharedKernel;
  const search = new IndexReader({
    dimensions,
    quantizer,
    segments: segments.map((segment, ordinal) =>
      openSharedSegment(segment, bytesPerCode(bits), ordinal, kernel),
    ),
    prefixBits: 0,
    finder: undefined,
    source: undefined,
    locate: undefined,
  });
  return { dimensions, search };
}

/** The rows that a thread found, by the vectors of this side where it has none. */
export function finishSearch(
  { segments, hasVectors }: IndexVersion,
  { places, scores }: FoundPlaces,
  query: { readonly k: number; readonly rerank: boolean; readonly unit: Float32Array },
): ScoredRow[] {
  if (query.rerank && !hasVectors) {
    return rerank(segments, bySegment(places), query.k, query.unit);
  }
  return Array.from(places, (place, i) => {
    const { rows } = segments[Math.floor(place / segmentSlots)];
    return { row: rows.rowAt(place % segmentSlots), score: scores[i] };
  });
}

function bySegment(places: Float64Array): FoundSlots[] {
  const slots = new Map<number, number[]>();
  for (const place of places) {
    const segment = Math.floor(place / segmentSlots);
    const ofSegment = slots.get(segment) ?? [];
    ofSegment.push(place % segmentSlots);
    slots.set(segment, ofSegment);
  }
  return Array.from(slots, ([segment, found]) => ({ segment, slots: Uint32Array.from(found) }));
}
