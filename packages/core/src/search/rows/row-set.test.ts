import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowSet } from './row-set.ts';

it('is a set of numbers, in increasing order', () => {
  const row = fc.oneof(fc.nat(40), fc.nat(300_000));
  fc.assert(
    fc.property(fc.array(row), fc.array(row), (added, deleted) => {
      const set = RowSet.of(added);
      const model = new Set(added);
      for (const number of deleted) {
        set.delete(number);
        model.delete(number);
      }
      expect(set.rows()).toEqual([...model].sort((a, b) => a - b));
      expect(set.size).toBe(model.size);
      for (const number of [...added, ...deleted]) expect(set.has(number)).toBe(model.has(number));
    }),
  );
});

it('is made of words, and gives them back', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(40), fc.nat(20_000))), (rows) => {
      const set = RowSet.of(rows);
      const same = RowSet.ofWords(Uint32Array.from(set.words));
      expect(same.rows()).toEqual(set.rows());
      expect(same.size).toBe(set.size);
      same.add(30_000);
      same.delete(rows[0] ?? 0);
      expect(same.has(30_000)).toBe(true);
      expect(same.size).toBe(Math.max(1, set.size));
      expect(same.isEmptyBetween(20_480, 28_672)).toBe(true);
    }),
  );
});

it('knows blocks without rows', () => {
  const set = RowSet.where(200_000, (row) => row === 70_000);
  expect(set.isEmptyBetween(0, 65_536)).toBe(true);
  expect(set.isEmptyBetween(0, 70_001)).toBe(false);
  expect(set.isEmptyBetween(131_072, 200_000)).toBe(true);
  expect(set.isEmptyBetween(5_000_000, 6_000_000)).toBe(true);
});
