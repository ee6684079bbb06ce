import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { checkValues } from './check-values.ts';

/**
 * @throws BitryoshkaError `dimension-mismatch` for lists of different lengths, `empty-input` for fewer
 *   than `minimum` values, or `not-finite`
 */
export function checkPaired(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  minimum: number,
): void {
  checkValues('first', first, minimum);
  if (first.length !== second.length) {
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `second: got ${second.length} values, expected ${first.length} as in the first.`,
      remedy: 'Measure both on the same items, in the same order.',
    });
  }
  checkValues('second', second, minimum);
}
