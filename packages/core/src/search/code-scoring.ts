import type { CodeMemory } from '../kernels/kernel.ts';
import type { LinearDecoder } from '../quantizers/linear-decoder.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import { inverseNorm } from '../vectors/normalize.ts';
import type { SlotScorer } from './candidates.ts';
import { CodeScorer } from './code-scorer.ts';

/**
 * How codes are scored: code against code; the query's real values against a code; or the query itself
 * against the vector that a code is decoded to.
 */
export type Scoring = 'symmetric' | 'asymmetric' | 'decoded';

export const scorings: readonly Scoring[] = ['symmetric', 'asymmetric', 'decoded'];

/** Codes in memory, and a byte for the length of each when decoded. */
export interface ScoredCodes {
  readonly codes: CodeMemory;
  readonly norms: Uint8Array;
}

/** What scores codes by more than their distance. */
export function codeScorer(
  quantizer: Quantizer,
  scoring: 'asymmetric' | 'decoded',
  unit: Float32Array,
): SlotScorer<ScoredCodes> {
  return scoring === 'decoded' ? decodedScorer(quantizer, unit) : asymmetricScorer(quantizer, unit);
}

/** The cosine of the query's real values and a code, a vector of ±1 and therefore of length √bits. */
function asymmetricScorer(quantizer: Quantizer, unit: Float32Array): SlotScorer<ScoredCodes> {
  const projection = quantizer.project([unit], 'query').data;
  const scorer = new CodeScorer(projection);
  const scale = inverseNorm(projection, 0, projection.length) / Math.sqrt(projection.length);
  return ({ codes }, slots) => {
    const bytes = codes.bytes();
    const scores = new Float64Array(slots.length);
    for (let i = 0; i < slots.length; i++) {
      scores[i] = scorer.sum(bytes, slots[i] * codes.bytesPerCode) * scale;
    }
    return scores;
  };
}

/** The cosine of the query and a decoded code. */
function decodedScorer(quantizer: Quantizer, unit: Float32Array): SlotScorer<ScoredCodes> {
  const decoder = quantizer.decoder as LinearDecoder;
  const { values, constant } = decoder.query(unit);
  const scorer = new CodeScorer(values);
  const inverseNorms = decoder.inverseNorms();
  return ({ codes, norms }, slots) => {
    const bytes = codes.bytes();
    const scores = new Float64Array(slots.length);
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i];
      const sum = scorer.sum(bytes, slot * codes.bytesPerCode);
      scores[i] = (sum + constant) * inverseNorms[norms[slot]];
    }
    return scores;
  };
}
