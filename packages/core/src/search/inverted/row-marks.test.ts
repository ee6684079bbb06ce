import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowMarks } from './row-marks.ts';

it('tells what is new from what was there, and starts anew when it is cleared', () => {
  const marks = new RowMarks();
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(70), fc.nat(5000))), (rows) => {
      const seen = new Set<number>();
      for (const row of rows) {
        expect(marks.add(row)).toBe(!seen.has(row));
        seen.add(row);
      }
      marks.clear();
    }),
  );
});
