import { expect, it } from 'vitest';
import { wrapLines } from './wrap-lines.ts';

it.each([
  ['prose', 'one two three four five six', ['one two three four', 'five six']],
  ['lines and empty ones', 'one\n\ntwo', ['one', '', 'two']],
  ['code', '  const four = five(six);', ['  const four =', '    five(six);']],
  ['lists', '- one two three four five', ['- one two three four', '  five']],
  ['numbers', '10. one two three four five', ['10. one two three', '    four five']],
  ['comments', ' * one two three four five', [' * one two three', '   four five']],
  ['what has no spaces', 'x'.repeat(25), ['x'.repeat(20), 'x'.repeat(5)]],
  ['wide letters', '漢'.repeat(12), ['漢'.repeat(10), '漢'.repeat(2)]],
])('wraps %s', (_, text, lines) => {
  expect(wrapLines(text, 20)).toEqual(lines);
});

it('leaves lines as they are where there is no end to them', () => {
  expect(wrapLines('one '.repeat(100), Number.POSITIVE_INFINITY)).toEqual(['one '.repeat(100)]);
});
