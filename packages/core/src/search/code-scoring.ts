import type { Codes } from '../codes/codes.ts';
import { zeroCodes } from '../codes/codes.ts';
import type { CodeMemory } from '../kernels/kernel.ts';
import type { Decoder } from '../quantizers/decoder.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import { inverseNorm } from '../vectors/normalize.ts';
import { bitPlanes } from './bit-planes.ts';
import type { SlotScorer } from './candidates.ts';
import { copyCodes } from './copy-codes.ts';
import { cosinesByComputedNorms } from './cosines-by-computed-norms.ts';
import { TopRows } from './top-rows.ts';

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
  /** How many of the best are wanted: the order of others need not be right. */
  readonly scored: number;
}

/** Codes in memory, and a byte for the length of each when decoded; none where lengths are computed. */
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

/** What scores codes by more than their distance, for one search. */
export function codeScorer(
  quantizer: Quantizer,
  { unit, projection: values }: CodeQuery,
  { scoring, queryDigits, scored }: CodeScoringOptions,
): SlotScorer<ScoredCodes> {
  if (scoring === 'asymmetric') {
    // The cosine of the query's real values and a code, a vector of ±1 and therefore of length √bits.
    const scale = inverseNorm(values, 0, values.length) / Math.sqrt(values.length);
    const sums = bitSums(values, queryDigits);
    return ({ codes }, slots) => sums(codes, slots).map((sum) => sum * scale);
  }
  // The cosine of the query and a decoded code.
  const decoder = quantizer.decoder as Decoder;
  const query = decoder.query(unit);
  const { constant } = query;
  const inverseNorms = decoder.inverseNorms();
  const sums: CodeSums =
    'tables' in query
      ? (codes, slots) => codes.tableSums(query.tables, slots)
      : bitSums(query.values, queryDigits);
  const best = new TopRows(scored);
  return ({ codes, norms }, slots) => {
    const scores = sums(codes, slots);
    if (norms.length === 0) {
      return cosinesByComputedNorms(
        scores.map((score) => score + constant),
        best,
        decoder.normRange,
        (items) => {
          const wanted = items.map((item) => slots[item]);
          return decoder.norms(codesAt(codes, wanted, quantizer.bits));
        },
      );
    }
    for (let i = 0; i < scores.length; i++) {
      scores[i] = (scores[i] + constant) * inverseNorms[norms[slots[i]]];
    }
    return scores;
  };
}

function codesAt(memory: CodeMemory, slots: Uint32Array, bits: number): Codes {
  const codes = zeroCodes(slots.length, bits);
  copyCodes(memory, slots, codes.data);
  return codes;
}

type CodeSums = (codes: CodeMemory, slots: Uint32Array) => Float32Array;

/** What the values come to over the bits of codes: exactly, or rounded to a few binary digits. */
function bitSums(values: Float32Array, queryDigits: QueryDigits | undefined): CodeSums {
  if (queryDigits === undefined) return (codes, slots) => codes.sums(values, slots);
  const { planes, step, total } = bitPlanes(values, queryDigits);
  // Twice the sum over the ones, less the sum over all, is what ±1 give.
  return (codes, slots) =>
    Float32Array.from(codes.planeSums(planes, slots), (ones) => step * (2 * ones - total));
}
