import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { checkCount } from './check-count.ts';

/**
 * The numbers of rows, all of them checked before any is used: what is no number would stand for another row.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function checkRows(rows: Iterable<number>): number[] {
  if (typeof Object(rows)[Symbol.iterator] !== 'function') {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `rows: got ${typeof rows}, expected a list of numbers.`,
      remedy: 'Use the numbers that add returned.',
    });
  }
  const list = Array.from(rows);
  for (const [i, row] of list.entries()) checkCount(`rows[${i}]`, row, 0);
  return list;
}
