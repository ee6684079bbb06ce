import { expect, it } from 'vitest';
import { contextOf, locateLines } from './passage-lines.ts';

const file = ['# Bees', '', 'Feed the bees', 'in winter.', '', '- twice', '- or more', ''].join(
  '\n',
);

it('finds texts whatever became of their white space', () => {
  expect(locateLines(file, ['Feed the bees in winter.', '-  twice\n\n- or more'])).toEqual([
    { from: 3, to: 4 },
    { from: 6, to: 7 },
  ]);
  expect(locateLines(file.replaceAll('\n', '\r\n'), ['in winter.'])).toEqual([{ from: 4, to: 4 }]);
});

it('tells passages apart that say the same, and those that overlap', () => {
  const twice = 'again and again\nagain and again\n';
  expect(locateLines(twice, ['again and again', 'again and again'])).toEqual([
    { from: 1, to: 1 },
    { from: 2, to: 2 },
  ]);
  expect(locateLines('one\ntwo\nthree', ['one two', 'two three'])).toEqual([
    { from: 1, to: 2 },
    { from: 2, to: 3 },
  ]);
});

it('says nothing of a text that is not there, and finds those behind it', () => {
  expect(locateLines(file, ['**Feed** the bees', 'in winter.', ''])).toEqual([
    undefined,
    { from: 4, to: 4 },
    undefined,
  ]);
});

it('gives the lines around, as many as there are', () => {
  expect(contextOf(file, { from: 3, to: 4 }, 2)).toEqual({
    before: '# Bees\n',
    lines: 'Feed the bees\nin winter.',
    after: '\n- twice',
  });
  expect(contextOf('one\ntwo', { from: 1, to: 1 }, 9)).toEqual({
    before: '',
    lines: 'one',
    after: 'two',
  });
  expect(contextOf(`one\n${'x'.repeat(5000)}`, { from: 1, to: 1 }, 1).after).toHaveLength(2000);
});
