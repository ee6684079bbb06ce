import type { TaskOptions } from '../progress/task-options.ts';
import type { QuantizerKind } from '../quantizers/families.ts';
import type { Scoring } from '../search/ranking/code-scoring.ts';
import type { Vectors } from '../vectors/matrix.ts';

export interface TuneOptions extends TaskOptions {
  /** Length of a code. Give this or `bytesPerVector`. */
  readonly bits?: number | undefined;
  /** What a vector may take: its code, and the byte of its length where scores are decoded. */
  readonly bytesPerVector?: number | undefined;
  /** Vectors of queries such as will be asked. Default: some of the documents, held out. */
  readonly queries?: Vectors | undefined;
  /** Neighbours that are wanted. Default: 10. */
  readonly k?: number | undefined;
  /** Candidates that are re-ranked with the float vectors; 0 for none. Default: 40. */
  readonly rerank?: number | undefined;
  /** Kinds to compare, the simplest first. Default: `sign`, `median`, `itq` and `autoencoder`. */
  readonly candidates?: readonly QuantizerKind[] | undefined;
  /** How codes are scored. Default: `decoded`. */
  readonly scoring?: Scoring | undefined;
  /** Same vectors, options and seed: same choice. Default: 0. */
  readonly seed?: number | undefined;
}
