import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyMetadata } from './copy-metadata.ts';

class Point {
  readonly x: number = 1;
  readonly #hidden: number = 2;
  static readonly origin: Point = new Point();
  get sum(): number {
    return this.x + this.#hidden;
  }
}

/** As the metadata of a PDF are: an instance with nothing to be seen. */
class Hidden {
  readonly #entries: Map<string, string> = new Map([['a', 'b']]);
  get(name: string): string | undefined {
    return this.#entries.get(name);
  }
}

describe('a copy', () => {
  it('is the same and shares nothing', () => {
    const plain = fc.object({ withDate: true, withBigInt: true, withNullPrototype: false });
    fc.assert(
      fc.property(plain, (value) => {
        const copy = copyMetadata(value);
        expect(copy).toStrictEqual(value);
        expect(copy).not.toBe(value);
      }),
    );
    const original = { list: [{ at: new Date(5) }] };
    const copy = copyMetadata(original) as typeof original;
    copy.list[0].at.setTime(6);
    copy.list.push(copy.list[0]);
    expect(original).toEqual({ list: [{ at: new Date(5) }] });
  });

  it('is what JSON makes of all that JSON can hold', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })), (value) => {
        expect(JSON.stringify(copyMetadata(value))).toBe(JSON.stringify(value));
      }),
    );
  });

  it.each<[string, unknown, unknown]>([
    ['a date', new Date(5), new Date(5)],
    ['a date of another realm', runInNewContext('new Date(5)'), new Date(5)],
    ['what is undefined', undefined, undefined],
    ['a bigint', 3n, 3n],
    ['-0', -0, -0],
    ['NaN', Number.NaN, Number.NaN],
    ['an infinity', -Infinity, -Infinity],
    ['a URL', new URL('https://x.org/a?b'), 'https://x.org/a?b'],
    ['a buffer', Buffer.from('ab'), { type: 'Buffer', data: [97, 98] }],
    [
      'what has a toJSON',
      { toJSON: (key: string) => ({ key, at: new Date(1) }) },
      { key: 'a', at: new Date(1) },
    ],
    [
      'a toJSON that returns what has one',
      { toJSON: () => ({ n: 1, toJSON: 3 }) },
      { n: 1, toJSON: 3 },
    ],
    ['a field named toJSON', { toJSON: 'x' }, { toJSON: 'x' }],
    ['an instance', new Point(), { x: 1 }],
    ['an instance with nothing to be seen', new Hidden(), {}],
    ['instances in lists', [new Point(), [new Hidden()]], [{ x: 1 }, [{}]]],
    ['an object of another realm', runInNewContext('({ b: [{ c: 1 }] })'), { b: [{ c: 1 }] }],
    ['an object without a prototype', Object.assign(Object.create(null), { b: 1 }), { b: 1 }],
    ['boxed values', [Object(1), Object('x'), Object(true)], [1, 'x', true]],
    ['a list with gaps', Array.from({ length: 2 }), [undefined, undefined]],
    ['a list with fields', Object.assign([1], { b: 2 }), [1]],
    ['symbols for keys', { [Symbol('x')]: 1, b: 2 }, { b: 2 }],
  ])('has %s', (_, value, expected) => {
    expect(copyMetadata({ a: value })).toStrictEqual({ a: expected });
  });

  it('has keys of any name as they are', () => {
    const copy = copyMetadata(JSON.parse('{ "__proto__": { "x": 1 }, "constructor": 2 }'));
    expect(Object.keys(copy)).toEqual(['__proto__', 'constructor']);
    expect(copy).not.toHaveProperty('x');
  });

  it('shares again what was shared, however often', () => {
    let shared: unknown = ['x'];
    for (let i = 0; i < 100; i++) shared = [shared, shared];
    const copy = copyMetadata({ shared }).shared as unknown[];
    expect(copy[0]).toBe(copy[1]);
  });

  it('is empty for no metadata', () => {
    expect(copyMetadata(undefined)).toEqual({});
    expect(copyMetadata(null)).toEqual({});
    expect(copyMetadata(new Point())).toStrictEqual({ x: 1 });
  });
});

describe('metadata that are refused, with the path', () => {
  it.each<[string, unknown, string]>([
    ['a function', { pdf: [{ read: () => 1 }] }, 'pdf.0.read: got a function'],
    ['a symbol', { a: Symbol('x') }, 'a: got a symbol'],
    ['a map', { a: new Map() }, 'a: got an instance of Map'],
    ['a set', { a: { b: new Set([1]) } }, 'a.b: got an instance of Set'],
    ['a typed array', { a: new Float32Array(2) }, 'a: got an instance of Float32Array'],
    ['bytes', { a: new Uint8Array(2).buffer }, 'a: got an instance of ArrayBuffer'],
    ['an expression', { a: /x/ }, 'a: got an instance of RegExp'],
    ['an error', { a: new TypeError('x') }, 'a: got an instance of TypeError'],
    ['a promise', { a: Promise.resolve() }, 'a: got an instance of Promise'],
    ['headers', { a: new Headers() }, 'a: got an instance of Headers'],
    [
      'an instance with a function',
      {
        a: new (class Job {
          run = () => 1;
        })(),
      },
      'a.run: got a function',
    ],
    [
      'what a toJSON returns',
      { a: { toJSON: () => ({ b: new Map() }) } },
      'a.b: got an instance of Map',
    ],
    ['what a toJSON is', { a: { toJSON: () => () => 1 } }, 'a: got a function'],
  ])('%s', (_, metadata, expected) => {
    expect(() => copyMetadata(metadata, 3)).toThrow(
      expect.objectContaining({
        code: 'not-supported',
        message: expect.stringContaining(`documents[3].metadata.${expected}, expected`),
      }),
    );
  });

  it('cycles, and what has no end', () => {
    const cycle: Record<string, unknown> = {};
    cycle.inner = [{ cycle }];
    expect(() => copyMetadata(cycle)).toThrow(
      /metadata\.inner\.0\.cycle: got an object that contains/,
    );
    class Endless {
      toJSON(): unknown {
        return { next: new Endless() };
      }
    }
    expect(() => copyMetadata({ a: new Endless() })).toThrow(/got more than 500 levels/);
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => copyMetadata({ deep })).toThrow(/got more than 500 levels/);
  });

  it.each([
    ['text', 'a string'],
    [5, 'a number'],
    [true, 'a boolean'],
    [['a'], 'a list'],
    [new Date(0), 'an instance of Date'],
    [new URL('https://x.org'), 'an instance of URL'],
  ])('%o, which is no object', (metadata, got) => {
    expect(() => copyMetadata(metadata, 0)).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        message: expect.stringContaining(`documents[0].metadata: got ${got}, expected an object`),
      }),
    );
  });

  it('what throws when it is read, with what it throws', () => {
    const cause = new Error('not now');
    const metadata = {
      get a() {
        throw cause;
      },
    };
    expect(() => copyMetadata(metadata)).toThrow(cause);
  });
});
