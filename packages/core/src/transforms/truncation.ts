import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { AffineMap } from './affine-map.ts';

/** Keeps the first `outputDimensions` dimensions. */
export function truncation(inputDimensions: number, outputDimensions: number): AffineMap {
  checkOutputDimensions(inputDimensions, outputDimensions);
  return { bias: new Float32Array(outputDimensions), inputDimensions };
}

/**
 * @throws BitryoshkaError `invalid-option` unless `outputDimensions` is a whole number from 1 to
 *   `inputDimensions`.
 */
export function checkOutputDimensions(inputDimensions: number, outputDimensions: number): void {
  if (
    Number.isInteger(outputDimensions) &&
    outputDimensions >= 1 &&
    outputDimensions <= inputDimensions
  ) {
    return;
  }
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `got ${outputDimensions} output dimensions, expected a whole number from 1 to ${inputDimensions}.`,
    remedy: 'Ask for at most as many bits or dimensions as the vectors have.',
  });
}
