import type { Quantizer, Scoring } from '@bitryoshka/core';
import type { TrainingCurve } from './report-data.ts';

/** A quantizer under the name that it has in the rows of the evaluation. */
export interface NamedQuantizer {
  readonly name: string;
  readonly quantizer: Quantizer;
}

/** A quantizer at the inspected length, and what is known of it already. */
export interface InspectedQuantizer extends NamedQuantizer {
  readonly fitSeconds: number;
  /** Those it was evaluated with. */
  readonly scorings: readonly Scoring[];
  /** Of a head. */
  readonly training?: TrainingCurve | undefined;
}
