import type { SegmentContent } from './segmented-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';

/** The vectors of rows, if they are stored at all. */
export class VectorContent implements SegmentContent<VectorContent> {
  readonly vectors: StoredVectors | undefined;

  constructor(vectors: StoredVectors | undefined) {
    this.vectors = vectors;
  }

  appendFrom(other: VectorContent, slots: ArrayLike<number>): void {
    if (other.vectors) this.vectors?.appendFrom(other.vectors, slots);
  }
}
