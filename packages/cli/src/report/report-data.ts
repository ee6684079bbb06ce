import type { Side } from '@bitryoshka/core';
import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import type { CurvePoint, TrainingStage } from '@bitryoshka/core/training';

/** Everything a report shows, as plain data. */
export interface ReportData {
  /** The folder that was evaluated, as it was given. */
  readonly folder: string;
  /** The subfolder its vectors came from. */
  readonly vectors: string;
  readonly documents: number;
  readonly queries: number;
  readonly dimensions: number;
  /** Mean nDCG@10 of searching the float vectors. */
  readonly ndcg10Float: number;
  readonly rows: readonly EvaluationRow[];
  /** The length of code at which single quantizers are looked into. */
  readonly inspectedBits: number;
  /** Values of single dimensions, with the thresholds that were fitted to them. */
  readonly distributions: Distributions;
  /** Of every quantizer at the inspected length. */
  readonly balance: readonly BitBalance[];
  readonly correlation: BitCorrelation;
  readonly times: Times;
  /** Where a head is among the quantizers: how it was trained at the inspected length. */
  readonly training?: TrainingCurve | undefined;
}

export interface TrainingCurve {
  readonly curve: readonly CurvePoint[];
  /** Before and after, on vectors that were held out. */
  readonly stages: readonly TrainingStage[];
}

/** Histograms of single values on shared bins. */
export interface Distributions {
  /**
   * `dimension`: of the vectors; `bit`: the projected values behind the bits of a quantizer, for want
   * of one that thresholds single dimensions.
   */
  readonly of: 'dimension' | 'bit';
  /** Bounds of the bins, one more than there are bins, in standard deviations of the documents. */
  readonly edges: readonly number[];
  readonly panels: readonly DistributionPanel[];
}

/** How one dimension (or the value behind one bit) is distributed. */
export interface DistributionPanel {
  /** Number of the dimension or bit, from 0. */
  readonly index: number;
  /** Share of the vectors in each bin; those outside are counted in the outermost. */
  readonly shares: Readonly<Record<Side, readonly number[]>>;
  /** In the unit of the edges. */
  readonly thresholds: readonly FittedThreshold[];
}

/** Above which value a quantizer sets the bit of a dimension, by side. */
interface FittedThreshold extends Readonly<Record<Side, number>> {
  readonly quantizer: string;
}

/** How evenly the bits of a quantizer are used. */
export interface BitBalance {
  readonly quantizer: string;
  /** Share of ones of every bit. */
  readonly ones: Readonly<Record<Side, readonly number[]>>;
  /** Mean over the bits of the entropy of each alone, in bits: 1 is best. */
  readonly entropy: Readonly<Record<Side, number>>;
}

/** Pearson correlations over the documents. */
export interface BitCorrelation {
  /** The quantizer whose codes at the inspected length find most. */
  readonly quantizer: string;
  /** Between the leading bits of its codes. */
  readonly bits: readonly (readonly number[])[];
  /** Between as many leading dimensions of the vectors. */
  readonly dimensions: readonly (readonly number[])[];
}

/** Where the time goes at the inspected length. */
export interface Times {
  readonly k: number;
  /** Rows that the scan hands to a finer scoring. */
  readonly candidates: number;
  /** Rows that are re-ranked. */
  readonly rerank: number;
  /** Median time of a search through the float vectors. */
  readonly floatMilliseconds: number;
  readonly quantizers: readonly QuantizerTimes[];
}

export interface QuantizerTimes {
  readonly quantizer: string;
  readonly fitSeconds: number;
  /** Of all documents. */
  readonly encodeSeconds: number;
  /** Per query, the median. */
  readonly stages: readonly StageTime[];
}

export interface StageTime {
  /** `scan`, `re-score (<scoring>)` or `re-rank`. */
  readonly stage: string;
  readonly milliseconds: number;
}
