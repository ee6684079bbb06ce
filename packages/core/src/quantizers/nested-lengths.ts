import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/**
 * The lengths of the leading parts of a code that are good codes, ascending, the whole code the last of them.
 *
 * @throws BitryoshkaError `invalid-option` for lengths that are no part of `bits`
 */
export function nestedLengths(nested: readonly number[], bits: number): number[] {
  const lengths = [...new Set([...nested, bits])].sort((a, b) => a - b);
  const wrong = lengths.find(
    (length) => !Number.isSafeInteger(length) || length < 1 || length > bits,
  );
  if (wrong === undefined) return lengths;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `nested: got ${wrong}, expected lengths from 1 to ${bits}.`,
    remedy: 'Correct nested.',
  });
}
