import { packSigns } from '../../codes/codes.ts';
import type { BitPlanes, CodeMemory } from '../../kernels/scan/code-memory.ts';
import type { Decoder } from '../../quantizers/decoder.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import { inverseNorm } from '../../vectors/normalize.ts';

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

/** Codes in memory, and a byte for the length of each when decoded, where the quantizer has a decoder. */
export interface ScoredCodes {
  readonly codes: CodeMemory;
  readonly norms: Uint8Array;
}

/** A query of unit length, and what a quantizer makes of it. */
export class CodeQuery {
  readonly unit: Float32Array;
  readonly #quantizer: Quantizer;
  #projection: Float32Array | undefined;

  /** @param projection where it is known already */
  constructor(quantizer: Quantizer, unit: Float32Array, projection?: Float32Array) {
    this.unit = unit;
    this.#quantizer = quantizer;
    this.#projection = projection;
  }

  /** The real values behind the bits of its code. */
  get projection(): Float32Array {
    const query = { rows: 1, columns: this.unit.length, data: this.unit };
    this.#projection ??= this.#quantizer.project(query, 'query').data;
    return this.#projection;
  }

  /** Its code. */
  get signs(): Uint8Array {
    const { projection } = this;
    return packSigns({ rows: 1, columns: projection.length, data: projection }).data;
  }
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
  query: CodeQuery,
  { scoring, queryDigits }: CodeScoringOptions,
): CodeScorer {
  if (scoring === 'asymmetric') {
    // The cosine of the query's real values and a code, a vector of ±1 and therefore of length √bits.
    const values = query.projection.subarray(0, quantizer.firstBits);
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
  const decoded = decoder.query(query.unit);
  const { constant } = decoded;
  const inverseNorms = decoder.inverseNorms();
  const sums: CodeSums =
    'tables' in decoded
      ? (codes, slots) => ({ slots, scores: codes.tableSums(decoded.tables, slots) })
      : bitSums(decoded.values, queryDigits);
  return ({ codes, norms }, slots) => {
    const { scores } = sums(codes, slots, Infinity);
    for (let i = 0; i < scores.length; i++) {
      scores[i] = (scores[i] + constant) * inverseNorms[norms[slots[i]]];
    }
    return { slots, scores };
  };
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

/** Makes whole numbers positive. */
const shift = 256;

export interface RoundedValues {
  readonly planes: BitPlanes;
  /** What a whole number counts for. */
  readonly step: number;
  /** The sum of the whole numbers. */
  readonly total: number;
}

/** Rounds the values, one per bit, to multiples of a step and takes these apart into binary digits. */
export function bitPlanes(values: Float32Array, digits: 4 | 8): RoundedValues {
  const largest = (1 << (digits - 1)) - 1;
  let peak = 0;
  for (let bit = 0; bit < values.length; bit++) {
    const size = Math.abs(values[bit]);
    if (size > peak) peak = size;
  }
  const step = peak / largest || 1;
  const words = new Uint8Array(Math.ceil(values.length / 64) * digits * 8);
  let total = 0;
  for (let start = 0; start < values.length; start += 8) {
    const end = Math.min(values.length, start + 8);
    // A byte for each of four digits, one in each quarter.
    let [low, high] = [0, 0];
    for (let bit = start; bit < end; bit++) {
      // Rounded half up, without branches that could not be foreseen, as Math.round has them.
      const rounded = ((values[bit] / step + (shift + 0.5)) | 0) - shift;
      total += rounded;
      low |= spreads[rounded & 15] << (bit & 7);
      if (digits === 8) high |= spreads[(rounded >> 4) & 15] << (bit & 7);
    }
    const first = (start >> 6) * digits * 8 + ((start & 63) >> 3);
    for (let digit = 0; digit < digits; digit++) {
      words[first + digit * 8] = (digit < 4 ? low : high) >>> ((digit & 3) * 8);
    }
  }
  return { planes: { digits, words }, step, total };
}

/** By number: its four digits, each as the lowest of its own byte. */
const spreads = Int32Array.from(
  { length: 16 },
  (_, value) => (value & 1) | ((value & 2) << 7) | ((value & 4) << 14) | ((value & 8) << 21),
);
