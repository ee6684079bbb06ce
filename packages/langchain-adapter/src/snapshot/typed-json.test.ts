import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameValue } from '../documents/plain-value.ts';
import type { TypedJson } from './typed-json.ts';
import { fromTypedJson, toTypedJson } from './typed-json.ts';

const throughText = (value: unknown): unknown =>
  fromTypedJson(JSON.parse(JSON.stringify(toTypedJson(value, 'value'))) as TypedJson);

describe('typed JSON', () => {
  it('is plain JSON for what JSON can hold', () => {
    const value = { a: [1, 'x', null, true, { b: {} }], '': { '/~': -1.5 } };
    expect(toTypedJson(value, 'value')).toEqual({ json: value, types: {} });
  });

  it('keeps what JSON cannot hold', () => {
    const value = {
      at: new Date('2020-02-29T12:00:00.123Z'),
      never: new Date(Number.NaN),
      nothing: undefined,
      big: 2n ** 70n,
      numbers: [Number.NaN, Infinity, -Infinity, -0, 0],
      'a/b~c': { '~1': [undefined, new Date(0)] },
      ['__proto__']: { '': 1n },
      text: '2020-02-29T12:00:00.123Z',
    };
    expect(throughText(value)).toStrictEqual(value);
  });

  it('gives back any plain value', () => {
    const values = fc.object({
      key: fc.oneof(
        fc.string(),
        fc.constantFrom('', '__proto__', '/', '~', '~0', '0', 'constructor'),
      ),
      values: [
        fc.string({ unit: 'binary' }),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.constant(undefined),
        fc.bigInt(),
        fc.date({ noInvalidDate: false }),
        fc.constantFrom('\ud800', '\u2028', 'date', '\n'),
      ],
      maxDepth: 4,
      withNullPrototype: false,
    });
    fc.assert(
      fc.property(values, (value) => {
        expect(isSameValue(throughText(value), value)).toBe(true);
      }),
    );
  });

  it.each([
    ['a function', { a: [{ b: () => 1 }] }, /value\.a\.0\.b: got a function/],
    ['a symbol', { a: Symbol('x') }, /value\.a: got a symbol/],
    ['a map', { a: new Map() }, /value\.a: got an instance of Map/],
    ['a typed array', { a: new Float32Array(2) }, /value\.a: got an instance of Float32Array/],
    ['an expression', { a: /x/ }, /value\.a: got an instance of RegExp/],
    ['an instance', { a: new (class Point {})() }, /value\.a: got an instance of Point/],
  ])('refuses %s, with its path', (_, value, message) => {
    expect(() => toTypedJson(value, 'value')).toThrow(message);
    expect(() => toTypedJson(value, 'value')).toThrow(
      expect.objectContaining({ code: 'not-supported' }),
    );
  });

  it('refuses cycles, but not what occurs twice', () => {
    const cycle: Record<string, unknown> = {};
    cycle.inner = [{ cycle }];
    expect(() => toTypedJson(cycle, 'value')).toThrow(/value\.inner\.0\.cycle: got an object that/);
    const shared = { x: 1 };
    expect(throughText({ a: shared, b: [shared] })).toEqual({ a: shared, b: [shared] });
  });

  it.each([
    ['a missing place', { json: {}, types: { '/a': 'date' } }],
    ['an inherited place', { json: {}, types: { '/__proto__/polluted': 'date' } }],
    ['an unknown type', { json: { a: '1' }, types: { '/a': 'toString' } }],
    ['a value that is no text', { json: { a: {} }, types: { '/a': 'bigint' } }],
    ['a text of another type', { json: { a: 'x' }, types: { '/a': 'bigint' } }],
  ])('does not fit: %s', (_, value) => {
    expect(() => fromTypedJson(value as unknown as TypedJson)).toThrow();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
