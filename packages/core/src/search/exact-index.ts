import { BinaryIndex } from './binary-index.ts';
import type { VectorRows } from './vectors/vector-rows.ts';

/** An index without codes: every vector is scored in float32. The truth that codes are measured by. */
export class ExactIndex extends BinaryIndex {
  /** @param vectors unit vectors that the index takes over */
  constructor(dimensions: number, vectors?: VectorRows) {
    super({ dimensions, vectors });
  }
}
