import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { checkCount } from '../../errors/check-count.ts';

/** The number of a row, as `add` gave it. It stays, and is not used again when the row is deleted. */
export type RowId = number;

/** Where a row lies in its segment. It changes when the row is updated or the segment is compacted. */
export type Slot = number;

/**
 * The numbers of rows, all of them checked before any is used: what is no number would stand for another row.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function checkRowIds(rows: Iterable<RowId>): RowId[] {
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

/** @throws BitryoshkaError `invalid-option` */
export function absentRow(row: RowId): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `row: got ${String(row)}, expected the number of a row that is in the index.`,
    remedy: 'Use the numbers that add returned, of rows that were not deleted.',
  });
}
