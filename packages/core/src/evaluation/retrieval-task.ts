import type { Matrix } from '../vectors/matrix.ts';
import type { Relevance } from './metrics/relevance.ts';

/** Documents, queries and which belongs to which: what retrieval is evaluated on. */
export interface RetrievalTask {
  readonly name: string;
  readonly documents: Matrix;
  /** One per row of `documents`. */
  readonly documentIds: readonly string[];
  /** Only queries that have a relevant document. */
  readonly queries: Matrix;
  /** One per row of `queries`. */
  readonly queryIds: readonly string[];
  /** By query id. */
  readonly relevance: ReadonlyMap<string, Relevance>;
}
