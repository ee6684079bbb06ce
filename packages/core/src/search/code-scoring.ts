import type { Codes } from '../codes/codes.ts';
import { packSigns, zeroCodes } from '../codes/codes.ts';
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

/** The code of a query. */
export function signsOf({ projection }: CodeQuery): Uint8Array {
  return packSigns({ rows: 1, columns: projection.length, data: projection }).data;
}

/** Slots of a segment with their scores. */
interface SlotScores {
  readonly slots: Uint32Array;
  readonly scores: Float32Array;
}

/**
 * Scores the codes in slots of a segment.
 *
 * @param wanted slots that are not among as many of the best may be left out
 */
export type CodeScorer = (content: ScoredCodes, slots: Uint32Array, wanted: number) => SlotScores;

/** What scores codes by more than their distance, for one search. */
export function codeScorer(
  quantizer: Quantizer,
  { unit, projection: values }: CodeQuery,
  { scoring, queryDigits, scored }: CodeScoringOptions,
): CodeScorer {
  if (scoring === 'asymmetric') {
    // The cosine of the query's real values and a code, a vector of ±1 and therefore of length √bits.
    const scale = inverseNorm(values, 0, values.length) / Math.sqrt(values.length);
    const sums = bitSums(values, queryDigits);
    return ({ codes }, slots, wanted) => {
      const best = sums(codes, slots, wanted);
      const { scores } = best;
      for (let i = 0; i < scores.length; i++) scores[i] *= scale;
      return best;
    };
  }
  // The cosine of the query and a decoded code.
  const decoder = quantizer.decoder as Decoder;
  const query = decoder.query(unit);
  const { constant } = query;
  const inverseNorms = decoder.inverseNorms();
  const sums: CodeSums =
    'tables' in query
      ? (codes, slots) => ({ slots, scores: codes.tableSums(query.tables, slots) })
      : bitSums(query.values, queryDigits);
  const best = new TopRows(scored);
  return ({ codes, norms }, slots) => {
    const { scores } = sums(codes, slots, Infinity);
    if (norms.length === 0) {
      const products = scores.map((score) => score + constant);
      const cosines = cosinesByComputedNorms(products, best, decoder.normRange, (items) =>
        decoder.norms(
          codesAt(
            codes,
            items.map((item) => slots[item]),
            quantizer.bits,
          ),
        ),
      );
      return { slots, scores: cosines };
    }
    for (let i = 0; i < scores.length; i++) {
      scores[i] = (scores[i] + constant) * inverseNorms[norms[slots[i]]];
    }
    return { slots, scores };
  };
}

function codesAt(memory: CodeMemory, slots: Uint32Array, bits: number): Codes {
  const codes = zeroCodes(slots.length, bits);
  copyCodes(memory, slots, codes.data);
  return codes;
}

type CodeSums = (codes: CodeMemory, slots: Uint32Array, wanted: number) => SlotScores;

/** What the values come to over the bits of codes: exactly, or rounded to a few binary digits. */
function bitSums(values: Float32Array, queryDigits: QueryDigits | undefined): CodeSums {
  if (queryDigits === undefined) {
    return (codes, slots) => ({ slots, scores: codes.sums(values, slots) });
  }
  const { planes, step, total } = bitPlanes(values, queryDigits);
  // Twice the sum over the ones, less the sum over all, is what ±1 give.
  return (codes, slots, wanted) => {
    const { rows, sums } = codes.planeSums(planes, slots, wanted);
    const scores = new Float32Array(sums.length);
    for (let i = 0; i < sums.length; i++) scores[i] = step * (2 * sums[i] - total);
    return { slots: rows, scores };
  };
}

/** Scores all of the slots, for what takes them one group after the other. */
export function scoreAll(score: CodeScorer): SlotScorer<ScoredCodes> {
  return (content, slots) => score(content, slots, Infinity).scores;
}
