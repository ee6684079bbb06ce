import type { SharedKernel } from '../kernels/scan/shared-kernel.ts';
import type { CodeLayout, SharedCodes } from './finders/scan/segment-codes.ts';
import { SegmentCodes } from './finders/scan/segment-codes.ts';
import type { SharedRows } from './rows/segment-rows.ts';
import { SegmentRows, segmentSlots } from './rows/segment-rows.ts';
import type { Segment, SegmentContent } from './rows/segmented-rows.ts';
import { EncodedRows } from './vectors/encoded-rows.ts';
import type { StoredVectors } from './vectors/stored-vectors.ts';
import type { SharedVectors } from './vectors/vector-chunks.ts';
import { VectorChunks } from './vectors/vector-chunks.ts';
import { vectorCodec } from './vectors/vector-codecs.ts';

/** A segment for other threads to read: plain data and shared memory, which `postMessage` takes as it is. */
export interface SharedSegment extends SharedCodes {
  readonly rows: SharedRows;
  /** Undefined where the vectors lie elsewhere. */
  readonly vectors: SharedVectors | undefined;
}

/** What an index keeps of the rows of a segment. */
export class IndexSegment implements SegmentContent<IndexSegment> {
  /** Undefined where vectors are fetched. */
  readonly vectors: StoredVectors | undefined;
  /** Undefined where every search is exact. */
  codes: SegmentCodes | undefined;

  constructor(vectors: StoredVectors | undefined, layout?: CodeLayout) {
    this.vectors = vectors;
    this.codes = layout && new SegmentCodes(layout);
    if (layout?.shared) vectors?.share?.(layout.shared);
  }

  appendFrom(other: IndexSegment, slots: ArrayLike<number>): void {
    // First what may fail, so that nothing was added then.
    if (other.vectors) this.vectors?.appendFrom(other.vectors, slots);
    if (other.codes) this.codes?.appendFrom(other.codes, slots);
  }

  /** Moves codes and vectors to memory that other threads read as well, unless they are there. */
  share(kernel: SharedKernel): Omit<SharedSegment, 'rows'> {
    const codes = (this.codes as SegmentCodes).share(kernel);
    return { ...codes, vectors: this.vectors?.share?.(kernel) };
  }
}

/**
 * A segment of another thread, to be searched and not to be changed.
 *
 * @param segment which one it is: its rows are numbered by where they lie
 */
export function openSharedSegment(
  shared: SharedSegment,
  bytesPerCode: number,
  segment: number,
  kernel: SharedKernel,
): Segment<IndexSegment> {
  const { rows, vectors } = shared;
  const stored =
    vectors &&
    new EncodedRows(
      vectorCodec(vectors.format, vectors.dimensions),
      VectorChunks.open(vectors, kernel),
    );
  const content = new IndexSegment(stored);
  content.codes = SegmentCodes.open(shared, bytesPerCode, rows.slots, kernel);
  return { content, rows: SegmentRows.open(rows, segment * segmentSlots) };
}
