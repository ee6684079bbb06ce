import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { Quantizer } from './quantizer.ts';

/** What every family is told. */
export interface FitterOptions extends TaskOptions {
  readonly bits: number;
  /** Unit vectors of queries, where there are any. */
  readonly queries?: Matrix | undefined;
  readonly seed: number;
  /** Is given the rotation of ITQ that a fit begins with, where it does. */
  readonly onItq?: ((map: AffineMap) => void) | undefined;
}

/**
 * Learns a quantizer of one family.
 *
 * @param documents at least one, of unit length
 * @param own the options of the family
 * @throws BitryoshkaError `invalid-option` for options that it has not, and for a number of bits that the vectors
 *   cannot give
 */
export type FamilyFitter<Own> = (
  documents: Matrix,
  options: FitterOptions,
  own: Own,
) => Quantizer | Promise<Quantizer>;

/**
 * The lengths of the leading parts of a code that are good codes, ascending, the whole code the last of them.
 *
 * @throws BitryoshkaError `invalid-option` for lengths that are no part of `bits`
 */
export function nestedLengths(nested: readonly number[], bits: number): number[] {
  if (!Array.isArray(nested)) throw invalidOption('nested', nested, 'a list of lengths');
  const lengths = [...new Set([...nested, bits])].sort((a, b) => a - b);
  const wrong = lengths.find(
    (length) => !Number.isSafeInteger(length) || length < 1 || length > bits,
  );
  if (wrong === undefined) return lengths;
  throw invalidOption('nested', wrong, `lengths from 1 to ${bits}`);
}

/** @throws BitryoshkaError `invalid-option` for a value that is none of these */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw invalidOption(name, value, `one of ${choices.join(', ')}`);
}

export function invalidOption(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${String(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
