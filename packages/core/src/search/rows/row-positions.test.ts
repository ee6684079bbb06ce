import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowPositions } from './row-positions.ts';

it('knows where every row is, in whatever order they come, move and go', () => {
  const change = fc.record({
    isDeleted: fc.boolean(),
    row: fc.integer({ min: 0, max: 800 }),
    position: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 700 }),
      fc.integer({ min: 0, max: 300 }),
      fc.array(change),
      (rows, first, changes) => {
        const positions = new RowPositions();
        const expected = new Map<number, number>();
        for (let row = first; row < first + rows; row++) {
          positions.set(row, 3 * first + row);
          expected.set(row, 3 * first + row);
        }
        for (const { isDeleted, row, position } of changes) {
          if (isDeleted) {
            positions.delete(row);
            expected.delete(row);
          } else {
            positions.set(row, position);
            expected.set(row, position);
          }
        }
        for (let row = 0; row < 1100; row++) expect(positions.get(row)).toBe(expected.get(row));
      },
    ),
    { numRuns: 50 },
  );
});
