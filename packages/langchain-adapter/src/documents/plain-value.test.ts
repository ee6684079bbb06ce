import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { isPlainObject, isSameValue } from './plain-value.ts';

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

it.each([
  [{ a: [1, { b: new Date(5) }] }, { a: [1, { b: new Date(5) }] }],
  [
    [Number.NaN, undefined, 3n],
    [Number.NaN, undefined, 3n],
  ],
  [new Date(Number.NaN), new Date(Number.NaN)],
])('%o is %o', (a, b) => expect(isSameValue(a, b)).toBe(true));
