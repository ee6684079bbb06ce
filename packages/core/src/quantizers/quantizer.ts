import type { Codes } from '../codes/codes.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import type { Decoder } from './decoder.ts';
import type { FitReport } from './fit-report.ts';

/** Queries and documents of a model are distributed differently, so they may be encoded differently. */
export type Side = 'document' | 'query';

/**
 * Turns vectors into binary codes. Fitted once, then immutable; it looks at directions only, so
 * vectors may have any length.
 *
 * Every quantizer is a projection followed by the question, for each of its values, whether it is
 * above zero: `encode(x, side)` holds the signs of `project(x, side)`.
 */
export interface Quantizer {
  /** What it was fitted by, as in `fitQuantizer`'s `kind`. */
  readonly kind: string;
  readonly inputDimensions: number;
  readonly bits: number;
  /**
   * Leading bits of a code that are a code by themselves, where what is behind them are bytes that name vectors: only
   * these bits are counted then. Absent: all are bits.
   */
  readonly firstBits?: number;
  /** What it was held against when it was fitted; absent where it was not. */
  readonly fitReport?: FitReport | undefined;
  /** Restores vectors from codes, for decoded scoring. */
  readonly decoder?: Decoder;
  /**
   * @throws BitryoshkaError `dimension-mismatch` or `not-finite`
   */
  encode(vectors: Vectors, side: Side): Codes;
  /**
   * The real values behind the bits, one row of `bits` values per vector, for asymmetric scoring.
   *
   * @throws BitryoshkaError `dimension-mismatch` or `not-finite`
   */
  project(vectors: Vectors, side: Side): Matrix;
  /** Everything that `loadQuantizer` needs, as one safetensors file. The same bytes every time. */
  save(): Uint8Array;
}
