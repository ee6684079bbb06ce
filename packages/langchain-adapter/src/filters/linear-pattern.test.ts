import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter } from './document-filter.ts';
import { LinearPattern, PatternBudget } from './linear-pattern.ts';

const passes = (query: Record<string, unknown>, value: unknown) =>
  compileFilter(query).passes({ pageContent: '', metadata: { a: value } });
const refused = (query: Record<string, unknown>) =>
  expect(() => compileFilter(query)).toThrow(expect.objectContaining({ code: 'invalid-option' }));

/** Each would keep the engine of the language busy for longer than the universe has been there. */
const hostile = [
  '(a+)+$',
  '^(a|a)*$',
  '(a|aa)+$',
  '([a-z]+)*!',
  '(.*)*x',
  '(a*)*b',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  'a*a*a*a*a*a*a*a*b',
];

describe('a pattern from a stranger', () => {
  it.each(hostile)('%s is answered at once, wherever it stands', (source) => {
    const text = `${'a'.repeat(20_000)}?`;
    const began = performance.now();
    for (const condition of [
      { $regex: source },
      { $regex: source, $options: 'i' },
      { $not: { $regex: source } },
      { $elemMatch: { $regex: source } },
      { $in: [new RegExp(source)] },
      { $all: [new RegExp(source)] },
      new RegExp(source),
    ]) {
      passes({ a: condition }, text);
      passes({ a: condition }, [text]);
      passes({ $or: [{ a: condition }, { $nor: [{ a: condition }] }] }, text);
    }
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it.each<[string, unknown]>([
    ['a backreference', '(a)\\1'],
    ['a lookahead', '(?=a)'],
    ['a negative lookbehind', '(?<!a)b'],
    ['what is no pattern', '(a'],
    ['more than 1,000 characters', 'a'.repeat(1001)],
    ['more than 1,000 steps', '(a{100}){11}'],
    ['repetitions of repetitions', '((a{100}){100}){100}'],
    ['a number', 3],
    ['nothing', null],
    ['a list', ['a']],
  ])('is refused for %s', (_, source) => {
    refused({ a: { $regex: source } });
    refused({ a: { $not: { $regex: source } } });
    refused({ $or: [{ b: { $elemMatch: { $regex: source } } }] });
  });

  it.each(['y', 'v', 'x', 1, {}])('is refused with the option %j', (option) => {
    refused({ a: { $regex: 'b', $options: option } });
  });

  it('has no more time than a filter may take', () => {
    const budget = new PatternBudget();
    const pattern = new LinearPattern('b', 'i', budget);
    expect(pattern.test('aB')).toBe(true);
    expect(budget.milliseconds).toBeLessThan(2000);
    budget.milliseconds = 0;
    expect(() => pattern.test('a'.repeat(1_000_000))).toThrow(/take more than 2000 ms/);
  });

  it('is refused among so many that compiling them takes too long', () => {
    const $or = Array.from({ length: 20_000 }, (_, i) => ({ a: { $regex: `x{1,400}${i}` } }));
    expect(() => compileFilter({ $or })).toThrow(/got patterns that take more than 2000 ms/);
  });

  it('is refused where it is nested too deep', () => {
    let query: Record<string, unknown> = { a: { $regex: 'b' } };
    for (let i = 0; i < 100_000; i++) query = { $and: [query] };
    refused(query);
  });

  it('runs no text as code', () => {
    refused({ $where: 'true' });
    refused({ a: { $where: 'true' } });
    refused({ $or: [{ $where: () => true }] });
  });
});

describe('a pattern', () => {
  it.each<[string, string | undefined, string, boolean]>([
    ['^b', undefined, 'bc', true],
    ['^B', undefined, 'bc', false],
    ['^B', 'i', 'bc', true],
    ['^c$', undefined, 'b\nc', false],
    ['^c$', 'm', 'b\nc', true],
    ['b.c', undefined, 'b\nc', false],
    ['b.c', 's', 'b\nc', true],
    ['b', 'gu', 'ab', true],
    ['(?<year>\\d{4})', undefined, 'in 1999', true],
    ['\\u0041\\/\\x42', undefined, 'A/B', true],
    ['\\p{L}+', 'u', 'é', true],
    ['a{', undefined, 'a{', true],
    ['', undefined, '', true],
  ])('%s with %s of %j: %s', (source, options, text, expected) => {
    const query = { $regex: source, ...(options !== undefined && { $options: options }) };
    expect(passes({ a: query }, text)).toBe(expected);
    expect(passes({ a: new RegExp(source, options) }, text)).toBe(expected);
    expect(passes({ a: { $regex: new RegExp(source, options) } }, text)).toBe(expected);
    expect(passes({ a: { $not: query } }, text)).toBe(!expected);
    expect(passes({ a: query }, [1, text])).toBe(expected);
  });

  it('takes the options beside it in place of its flags', () => {
    expect(passes({ a: { $regex: /B/, $options: 'i' } }, 'b')).toBe(true);
    expect(passes({ a: { $regex: /B/i, $options: '' } }, 'b')).toBe(false);
  });

  it('is answered the same however often, and says nothing of what is no text', () => {
    const { passes: test } = compileFilter({ a: /b/g });
    const document = { pageContent: '', metadata: { a: 'bb' } };
    expect([1, 2, 3].map(() => test(document))).toEqual([true, true, true]);
    for (const value of [1, null, undefined, true, new Date(0), {}, []]) {
      expect(passes({ a: { $regex: '' } }, value)).toBe(false);
    }
  });

  it('matches what the engine of the language matches', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\d', '(ab)', '(?:a|b)');
    const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '*?'));
    const sources = fc
      .tuple(fc.constantFrom('', '^'), fc.array(piece, { maxLength: 4 }), fc.constantFrom('', '$'))
      .map(([start, pieces, end]) => start + pieces.map((parts) => parts.join('')).join('') + end);
    const texts = fc.array(fc.constantFrom('a', 'b', 'ab', '1', ' '), { maxLength: 6 });
    fc.assert(
      fc.property(sources, texts, fc.constantFrom('', 'i'), (source, words, options) => {
        const text = words.join('');
        const query = { $regex: source, $options: options };
        expect(passes({ a: query }, text)).toBe(new RegExp(source, options).test(text));
      }),
    );
  });
});
