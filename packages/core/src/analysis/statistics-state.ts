import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/**
 * Everything that a `StatisticsCollector` has gathered: numbers and typed arrays, which
 * `structuredClone`, `postMessage`, IndexedDB and safetensors take as they are.
 */
export interface StatisticsState {
  readonly dimensions: number;
  readonly count: number;
  readonly sampleSize: number;
  readonly seed: number;
  readonly thresholds: Float32Array;
  readonly mean: Float64Array;
  readonly power2: Float64Array;
  readonly power3: Float64Array;
  readonly power4: Float64Array;
  readonly minima: Float32Array;
  readonly maxima: Float32Array;
  readonly aboveZero: Float64Array;
  readonly aboveThreshold: Float64Array;
  /** Sum of the vectors scaled to unit length. */
  readonly directions: Float64Array;
  /** `dimensions x dimensions`, or nothing without covariance. */
  readonly coMoments: Float64Array;
  /** The sampled vectors, row after row, and the priority of each. */
  readonly sample: Float32Array;
  readonly priorities: Float64Array;
}

/**
 * A state comes from outside, from a file mostly: it must fit together before it is trusted.
 *
 * @throws BitryoshkaError `invalid-file`
 */
export function checkState(state: StatisticsState): void {
  const { dimensions, count, sampleSize } = state;
  const squared = state.coMoments.length === 0 ? 0 : dimensions * dimensions;
  const sampled = Math.min(count, sampleSize);
  const expectedLengths: Record<string, readonly [ArrayLike<number>, number]> = {
    thresholds: [state.thresholds, dimensions],
    mean: [state.mean, dimensions],
    power2: [state.power2, dimensions],
    power3: [state.power3, dimensions],
    power4: [state.power4, dimensions],
    minima: [state.minima, dimensions],
    maxima: [state.maxima, dimensions],
    aboveZero: [state.aboveZero, dimensions],
    aboveThreshold: [state.aboveThreshold, dimensions],
    directions: [state.directions, dimensions],
    coMoments: [state.coMoments, squared],
    sample: [state.sample, sampled * dimensions],
    priorities: [state.priorities, sampled],
  };
  for (const [name, [values, expected]] of Object.entries(expectedLengths)) {
    if (!ArrayBuffer.isView(values) || values.length !== expected) {
      const got = ArrayBuffer.isView(values) ? `${values.length} values` : 'no typed array';
      throw invalidState(`${name}: got ${got}, expected ${expected} values`);
    }
    // An empty collector has no minimum and no maximum yet.
    if (count > 0 && !Array.prototype.every.call(values, Number.isFinite)) {
      throw invalidState(`${name}: got a value that is not finite`);
    }
  }
}

function invalidState(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `statistics: ${what}.`,
    remedy: 'Restore what save() returned, unchanged.',
  });
}
