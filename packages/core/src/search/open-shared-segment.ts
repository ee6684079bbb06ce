import type { SharedKernel } from '../kernels/shared-kernel.ts';
import { CodeSegment } from './code-segment.ts';
import { EncodedRows } from './encoded-rows.ts';
import { SegmentRows, segmentSlots } from './segment-rows.ts';
import type { Segment } from './segmented-rows.ts';
import type { SharedSegment } from './shared-segment.ts';
import { VectorChunks } from './vector-chunks.ts';
import { vectorCodec } from './vector-codecs.ts';

/**
 * A segment of another thread, to be searched and not to be changed.
 *
 * @param ordinal which segment it is: its rows are numbered by their places
 */
export function openSharedSegment(
  { rows, codes, norms, vectors }: SharedSegment,
  bytesPerCode: number,
  ordinal: number,
  kernel: SharedKernel,
): Segment<CodeSegment> {
  const stored =
    vectors &&
    new EncodedRows(
      vectorCodec(vectors.format, vectors.dimensions),
      VectorChunks.open(vectors, kernel),
    );
  const createCodeMemory = () => kernel.openCodeMemory(codes, bytesPerCode, rows.slots);
  const shared = { ...kernel, createCodeMemory };
  const content = new CodeSegment({ bytesPerCode, prefixBits: 0, shared }, stored);
  content.norms = norms;
  return { content, rows: SegmentRows.open(rows, ordinal * segmentSlots) };
}
