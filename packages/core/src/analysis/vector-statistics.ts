/** The distribution of one dimension. `null` stands where a number is not defined. */
export interface DimensionStatistics {
  readonly mean: number;
  /** Of the vectors themselves: divided by their count, not by one less. */
  readonly variance: number;
  /** Third standardized moment; 0 for a symmetric distribution, `null` for a constant one. */
  readonly skewness: number | null;
  /** Fourth standardized moment less 3; 0 for a normal distribution, `null` for a constant one. */
  readonly excessKurtosis: number | null;
  /**
   * `(skewness² + 1) / kurtosis`, both corrected for the sample size: above 5/9, the value of a uniform
   * distribution, there may be two peaks, or a strong skew. `null` for fewer than 4 vectors or a
   * constant. Source: SAS/STAT user's guide; Pfister et al., "Good things peak in pairs" (2013).
   */
  readonly bimodality: number | null;
  /** At the statistics' `probabilities`; the first and last are the exact minimum and maximum. */
  readonly quantiles: readonly number[];
  readonly shareAboveZero: number;
  /** What a value must exceed to become a 1. */
  readonly threshold: number;
  readonly shareAboveThreshold: number;
  /** Entropy of the bit that the threshold gives, from 0 (always the same) to 1 (balanced). */
  readonly bitEntropy: number;
  /** The same for a threshold at the median: far below 1 only where many values are equal. */
  readonly bitEntropyAtMedian: number;
}

/** Two dimensions and Pearson's r between them. */
export interface Correlation {
  readonly first: number;
  readonly second: number;
  readonly r: number;
}

/** How the leading dimensions add up: entry `j` is the share of the dimensions 0 to `j` together. */
export interface EnergyByPosition {
  /** Of the mean square: what is left of the squared length after truncation. */
  readonly secondMoment: readonly number[];
  readonly variance: readonly number[];
  /**
   * Spearman's correlation of a dimension's variance with its position, `null` where there is none. In
   * a model whose order of dimensions means nothing it is near 0, within about `1 / sqrt(dimensions)`;
   * clearly below, the leading dimensions carry more, as in most Matryoshka models.
   */
  readonly trend: number | null;
}

/** What is known of a set of vectors: plain data that survives JSON. */
export interface VectorStatistics {
  /** How many vectors. */
  readonly count: number;
  readonly dimensions: readonly DimensionStatistics[];
  /** Where the quantiles are taken, from 0 to 1. */
  readonly probabilities: readonly number[];
  /** How many vectors the quantiles were taken from; `count` when they are exact. */
  readonly sampled: number;
  /**
   * What the rank of a quantile may be off, with 99 % confidence: 0 when they are exact. Source: the
   * Dvoretzky–Kiefer–Wolfowitz inequality with Massart's constant (1990).
   */
  readonly rankError: number;
  /** Length of the mean of the vectors scaled to unit length: 0 spread evenly, 1 all the same way. */
  readonly anisotropy: number;
  readonly energy: EnergyByPosition;
  /**
   * The pairs of dimensions with the largest |r|, at most 20, strongest first. Dimensions with less
   * than a millionth of the mean variance are left out.
   */
  readonly correlations: readonly Correlation[];
  /**
   * exp(entropy of the eigenvalues of the covariance matrix): how many dimensions of equal spread
   * would be as hard to compress. `null` without covariance or spread. Source: Roy and Vetterli, "The
   * effective rank" (2007).
   */
  readonly effectiveRank: number | null;
}
