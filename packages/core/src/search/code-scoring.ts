import type { CodeMemory } from '../kernels/kernel.ts';
import type { LinearDecoder } from '../quantizers/linear-decoder.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import { inverseNorm } from '../vectors/normalize.ts';
import { bitPlanes } from './bit-planes.ts';

/**
 * How codes are scored: code against code; the query's real values against a code; or the query itself
 * against the vector that a code is decoded to.
 */
export type Scoring = 'symmetric' | 'asymmetric' | 'decoded';

export const scorings: readonly Scoring[] = ['symmetric', 'asymmetric', 'decoded'];

/** Binary digits that a query's values are rounded to. */
export type QueryDigits = 4 | 8;

export interface CodeScoringOptions {
  readonly scoring: 'asymmetric' | 'decoded';
  /** Default: the values as they are. */
  readonly queryDigits?: QueryDigits | undefined;
}

/** Codes in memory, and a byte for the length of each when decoded. */
export interface ScoredCodes {
  readonly codes: CodeMemory;
  readonly norms: Uint8Array;
}

/** A query of unit length, and the real values behind the bits of its code. */
export interface CodeQuery {
  readonly unit: Float32Array;
  readonly projection: Float32Array;
}

export function project(quantizer: Quantizer, unit: Float32Array): Float32Array {
  const query = { rows: 1, columns: unit.length, data: unit };
  return quantizer.project(query, 'query').data;
}

/** Scores the codes in slots of a segment. */
export type CodeScorer = (content: ScoredCodes, slots: Uint32Array) => Float32Array;

/** What scores codes by more than their distance. */
export function codeScorer(
  quantizer: Quantizer,
  { unit, projection: values }: CodeQuery,
  { scoring, queryDigits }: CodeScoringOptions,
): CodeScorer {
  if (scoring === 'asymmetric') {
    // The cosine of the query's real values and a code, a vector of ±1 and therefore of length √bits.
    const scale = inverseNorm(values, 0, values.length) / Math.sqrt(values.length);
    const sums = bitSums(values, queryDigits);
    return ({ codes }, slots) => {
      const scores = sums(codes, slots);
      for (let i = 0; i < scores.length; i++) scores[i] *= scale;
      return scores;
    };
  }
  // The cosine of the query and a decoded code.
  const decoder = quantizer.decoder as LinearDecoder;
  const { values: bitValues, constant } = decoder.query(unit);
  const inverseNorms = decoder.inverseNorms();
  const sums = bitSums(bitValues, queryDigits);
  return ({ codes, norms }, slots) => {
    const scores = sums(codes, slots);
    for (let i = 0; i < scores.length; i++) {
      scores[i] = (scores[i] + constant) * inverseNorms[norms[slots[i]]];
    }
    return scores;
  };
}

type BitSums = (codes: CodeMemory, slots: Uint32Array) => Float32Array;

/** What the values come to over the bits of codes: exactly, or rounded to a few binary digits. */
function bitSums(values: Float32Array, queryDigits: QueryDigits | undefined): BitSums {
  if (queryDigits === undefined) return (codes, slots) => codes.sums(values, slots);
  const { planes, step, total } = bitPlanes(values, queryDigits);
  // Twice the sum over the ones, less the sum over all, is what ±1 give.
  return (codes, slots) => {
    const ones = codes.planeSums(planes, slots);
    const sums = new Float32Array(ones.length);
    for (let i = 0; i < ones.length; i++) sums[i] = step * (2 * ones[i] - total);
    return sums;
  };
}
