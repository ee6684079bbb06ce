import type { TaskOptions } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { HeadOptions } from './learned/training-options.ts';
import type { Quantizer } from './quantizer.ts';

export interface FitterOptions extends TaskOptions {
  readonly bits: number;
  /** Unit vectors of queries, where there are any. */
  readonly queries?: Matrix | undefined;
  /** Lengths of leading parts of a code that are to be good codes as well; for `itq` only. */
  readonly nested?: readonly number[] | undefined;
  /** Of codes in two parts, the first; for `residual` only. */
  readonly firstBits?: number | undefined;
  /** For a head only. */
  readonly head?: HeadOptions | undefined;
  readonly seed: number;
}

/**
 * Learns one kind of quantizer.
 *
 * @param documents at least one, of unit length
 * @throws BitryoshkaError `invalid-option` for a number of bits that the vectors cannot give
 */
export type QuantizerFitter = (
  documents: Matrix,
  options: FitterOptions,
) => Quantizer | Promise<Quantizer>;
