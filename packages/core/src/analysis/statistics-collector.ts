import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, rowRange, toMatrix, toVector } from '../vectors/matrix.ts';
import { inverseNorm } from '../vectors/normalize.ts';
import { coMomentsOf, mergeCoMoments } from './co-moments.ts';
import { describeDimensions } from './describe-dimensions.ts';
import { effectiveRank } from './effective-rank.ts';
import { energyByPosition } from './energy-by-position.ts';
import type { Moments } from './moments.ts';
import { mergeMoments, momentsOf } from './moments.ts';
import { RowSample } from './row-sample.ts';
import type { StatisticsState } from './statistics-state.ts';
import { checkState } from './statistics-state.ts';
import { strongestCorrelations } from './strongest-correlations.ts';
import type { VectorStatistics } from './vector-statistics.ts';

export interface StatisticsOptions {
  /**
   * What a value must exceed to become a 1, for all dimensions or for each, such as the thresholds of
   * a quantizer. Default: 0.
   */
  readonly threshold?: number | ArrayLike<number>;
  /**
   * Correlations and effective rank, which take most of the time and `dimensions²` float64. Default:
   * true.
   */
  readonly covariance?: boolean;
  /** Quantiles are exact up to this many vectors, then those of a sample of them. Default: 4096. */
  readonly sampleSize?: number;
  /** Of the sample. Default: 0. */
  readonly seed?: number;
}

/** Rows that are summed at once: few enough to stay in the cache between the passes. */
const blockRows = 512;

const pairs = 20;

const probabilities: readonly number[] = Array.from({ length: 101 }, (_, i) => i / 100);

/**
 * Statistics of vectors that come in blocks, in one pass over them. How they were cut into blocks makes
 * no difference, and collectors of parts merge into that of the whole. Memory does not grow with the
 * number of vectors.
 */
export class StatisticsCollector {
  readonly #dimensions: number;
  readonly #seed: number;
  readonly #thresholds: Float32Array;
  readonly #minima: Float32Array;
  readonly #maxima: Float32Array;
  readonly #aboveZero: Float64Array;
  readonly #aboveThreshold: Float64Array;
  readonly #directions: Float64Array;
  readonly #coMoments: Float64Array | undefined;
  readonly #sample: RowSample;
  #moments: Moments;

  /**
   * @throws BitryoshkaError `invalid-option`, or `dimension-mismatch` and `not-finite` for thresholds
   */
  constructor(dimensions: number, options: StatisticsOptions = {}) {
    const { threshold = 0, covariance = true, sampleSize = 4096, seed = 0 } = options;
    checkPositive('dimensions', dimensions);
    checkPositive('sampleSize', sampleSize);
    this.#dimensions = dimensions;
    this.#seed = seed;
    this.#thresholds = toVector(
      typeof threshold === 'number'
        ? Array.from({ length: dimensions }, () => threshold)
        : threshold,
      { columns: dimensions, name: 'threshold' },
    );
    this.#minima = new Float32Array(dimensions).fill(Number.POSITIVE_INFINITY);
    this.#maxima = new Float32Array(dimensions).fill(Number.NEGATIVE_INFINITY);
    this.#aboveZero = new Float64Array(dimensions);
    this.#aboveThreshold = new Float64Array(dimensions);
    this.#directions = new Float64Array(dimensions);
    this.#coMoments = covariance ? new Float64Array(dimensions * dimensions) : undefined;
    this.#sample = new RowSample(dimensions, sampleSize, seed);
    this.#moments = momentsOf({ rows: 0, columns: dimensions, data: new Float32Array(0) });
  }

  /**
   * Goes on where {@link save} stopped.
   *
   * @throws BitryoshkaError `invalid-file` for a state whose parts do not fit together
   */
  static restore(state: StatisticsState): StatisticsCollector {
    checkState(state);
    const collector = new StatisticsCollector(state.dimensions, {
      threshold: state.thresholds,
      covariance: state.coMoments.length > 0,
      sampleSize: state.sampleSize,
      seed: state.seed,
    });
    collector.#absorb(structuredClone(state));
    return collector;
  }

  /** How many vectors were added. */
  get count(): number {
    return this.#moments.count;
  }

  /**
   * Adds vectors, or none of them when one is refused.
   *
   * @throws BitryoshkaError `dimension-mismatch` or `not-finite`
   */
  add(block: Vectors): void {
    const vectors = toMatrix(block, { columns: this.#dimensions });
    for (let start = 0; start < vectors.rows; start += blockRows) {
      this.#addBlock(rowRange(vectors, start, Math.min(vectors.rows, start + blockRows)));
    }
  }

  /**
   * Adds what another collector has gathered; the other stays as it is.
   *
   * @throws BitryoshkaError `dimension-mismatch`, or `invalid-option` when the thresholds, the sample
   *   sizes or the choice of covariance differ
   */
  merge(other: StatisticsCollector): void {
    const state = other.save();
    this.#checkMergeable(state);
    this.#absorb(state);
  }

  /** A copy of everything gathered, for {@link StatisticsCollector.restore}. */
  save(): StatisticsState {
    const { rows, priorities } = this.#sample.sampled();
    const { count, mean, power2, power3, power4 } = this.#moments;
    return {
      dimensions: this.#dimensions,
      count,
      sampleSize: this.#sample.capacity,
      seed: this.#seed,
      thresholds: this.#thresholds.slice(),
      mean: mean.slice(),
      power2: power2.slice(),
      power3: power3.slice(),
      power4: power4.slice(),
      minima: this.#minima.slice(),
      maxima: this.#maxima.slice(),
      aboveZero: this.#aboveZero.slice(),
      aboveThreshold: this.#aboveThreshold.slice(),
      directions: this.#directions.slice(),
      coMoments: this.#coMoments?.slice() ?? new Float64Array(0),
      sample: rows.data.slice(),
      priorities: priorities.slice(),
    };
  }

  /**
   * The statistics of all vectors so far.
   *
   * @throws BitryoshkaError `empty-input` when there are none
   */
  result(): VectorStatistics {
    const { count } = this.#moments;
    checkNotEmpty({ rows: count, columns: this.#dimensions, data: this.#minima });
    const { rows: sample } = this.#sample.sampled();
    // Neither correlations nor shares of eigenvalues change when it is divided by the count.
    const coMoments = this.#coMoments;
    const directionLength = Math.sqrt(this.#directions.reduce((sum, x) => sum + x * x, 0));
    return {
      count,
      dimensions: describeDimensions(
        {
          moments: this.#moments,
          minima: this.#minima,
          maxima: this.#maxima,
          aboveZero: this.#aboveZero,
          aboveThreshold: this.#aboveThreshold,
          thresholds: this.#thresholds,
        },
        sample,
        probabilities,
      ),
      probabilities,
      sampled: sample.rows,
      rankError: sample.rows === count ? 0 : Math.sqrt(Math.log(2 / 0.01) / (2 * sample.rows)),
      anisotropy: directionLength / count,
      energy: energyByPosition(this.#moments),
      correlations: coMoments ? strongestCorrelations(coMoments, this.#dimensions, pairs) : [],
      effectiveRank: coMoments ? effectiveRank(coMoments, this.#dimensions) : null,
    };
  }

  #addBlock(vectors: Matrix): void {
    this.#sample.add(vectors, this.count);
    const { rows, columns, data } = vectors;
    for (let i = 0; i < rows; i++) {
      const offset = i * columns;
      const scale = inverseNorm(data, offset, columns);
      for (let j = 0; j < columns; j++) {
        const value = data[offset + j];
        if (value < this.#minima[j]) this.#minima[j] = value;
        if (value > this.#maxima[j]) this.#maxima[j] = value;
        if (value > 0) this.#aboveZero[j]++;
        if (value > this.#thresholds[j]) this.#aboveThreshold[j]++;
        this.#directions[j] += value * scale;
      }
    }
    const moments = momentsOf(vectors);
    this.#addMoments(moments, this.#coMoments && coMomentsOf(vectors, moments));
  }

  #addMoments(moments: Moments, coMoments: Float64Array | undefined): void {
    if (this.#coMoments && coMoments) {
      mergeCoMoments(this.#coMoments, coMoments, [this.#moments, moments]);
    }
    this.#moments = mergeMoments(this.#moments, moments);
  }

  #absorb(state: StatisticsState): void {
    this.#sample.merge({
      rows: { rows: state.priorities.length, columns: this.#dimensions, data: state.sample },
      priorities: state.priorities,
    });
    for (let j = 0; j < this.#dimensions; j++) {
      this.#minima[j] = Math.min(this.#minima[j], state.minima[j]);
      this.#maxima[j] = Math.max(this.#maxima[j], state.maxima[j]);
      this.#aboveZero[j] += state.aboveZero[j];
      this.#aboveThreshold[j] += state.aboveThreshold[j];
      this.#directions[j] += state.directions[j];
    }
    const { count, mean, power2, power3, power4, coMoments } = state;
    this.#addMoments({ count, mean, power2, power3, power4 }, coMoments);
  }

  #checkMergeable(other: StatisticsState): void {
    if (other.dimensions !== this.#dimensions) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `statistics: got ${other.dimensions} dimensions, expected ${this.#dimensions}.`,
        remedy: 'Merge statistics of one model and one dimension.',
      });
    }
    const differing = this.#thresholds.findIndex((value, j) => value !== other.thresholds[j]);
    if (differing >= 0) {
      throw refusedMerge(
        `threshold ${other.thresholds[differing]} at dimension ${differing}`,
        this.#thresholds[differing],
      );
    }
    if (other.sampleSize !== this.#sample.capacity) {
      throw refusedMerge(`sampleSize ${other.sampleSize}`, this.#sample.capacity);
    }
    if (other.coMoments.length > 0 !== (this.#coMoments !== undefined)) {
      throw refusedMerge(`covariance ${other.coMoments.length > 0}`, this.#coMoments !== undefined);
    }
  }
}

function refusedMerge(got: string, expected: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `statistics: got ${got}, expected ${String(expected)}.`,
    remedy: 'Merge statistics that were collected with the same options.',
  });
}

function checkPositive(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${value}, expected a whole number from 1 up.`,
    remedy: `Choose another ${name}.`,
  });
}
