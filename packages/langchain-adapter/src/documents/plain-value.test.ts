import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyValue, isPlainObject, isSameValue } from './plain-value.ts';

const plain = fc.object({ withDate: true, withBigInt: true, withSparseArray: true });

describe('a copy', () => {
  it('is the same and shares nothing plain', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const copy = copyValue(value);
        expect(isSameValue(copy, value)).toBe(true);
        expect(copy).not.toBe(value);
      }),
    );
    const original = { list: [{ at: new Date(5) }] };
    const copy = copyValue(original);
    copy.list[0].at.setTime(6);
    copy.list.push(copy.list[0]);
    expect(original).toEqual({ list: [{ at: new Date(5) }] });
  });

  it('shares what is not plain, and keeps cycles and unusual keys', () => {
    const map = new Map();
    expect(copyValue({ map }).map).toBe(map);
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const copy = copyValue(cycle);
    expect(copy).not.toBe(cycle);
    expect(copy.self).toBe(copy);
    expect(Object.keys(copyValue(JSON.parse('{ "__proto__": { "x": 1 } }')))).toEqual([
      '__proto__',
    ]);
  });
});

it('tells plain objects of any realm from others', () => {
  expect([{}, Object.create(null), runInNewContext('({})')].every(isPlainObject)).toBe(true);
  expect([null, 1, [], new Date(), new Map(), /x/].some(isPlainObject)).toBe(false);
});

it.each([
  [{ a: 1 }, { a: 2 }],
  [{ a: undefined }, { b: undefined }],
  [{ a: 1 }, { a: 1, b: 1 }],
  [[1], { 0: 1 }],
  [{ 0: 1 }, [1]],
  [[1, 2], [1]],
  [new Date(1), new Date(2)],
  [new Date(0), 0],
  [null, {}],
  [new Map(), new Map()],
])('%o is not %o', (a, b) => expect(isSameValue(a, b)).toBe(false));

it('takes a cycle for the same as itself only', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  expect(isSameValue(cycle, cycle)).toBe(true);
  expect(isSameValue(cycle, copyValue(cycle))).toBe(false);
});
