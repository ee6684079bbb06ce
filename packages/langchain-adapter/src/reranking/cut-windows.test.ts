import { expect, test } from 'vitest';
import { cutWindows } from './cut-windows.ts';

const long = (letter: string) => `${letter.repeat(120)}.`;

test('a window is a sentence, or as many short ones as fit', () => {
  expect(cutWindows(`${long('A')} ${long('B')}`)).toEqual([long('A'), long('B')]);
  expect(cutWindows('One is short. Two is short.')).toEqual(['One is short. Two is short.']);
});

test('the last sentence of a window begins the next', () => {
  const [a, b, c] = ['Aa', 'Bb', 'Cc'].map((start) => `${start}${'x'.repeat(80)}.`);
  expect(cutWindows(`${a} ${b} ${c}`)).toEqual([`${a} ${b}`, `${b} ${c}`]);
});

test('items of lists, rows of tables and paragraphs are cut like sentences', () => {
  const items = ['- ', '| ', '1. ', ''].map((mark) => `${mark}${long('z')}`);
  expect(cutWindows(items.join('\n').replace(/\n(?=z)/, '\n\n'))).toEqual(items);
});

test('a passage without an end is one window, also without words', () => {
  expect(cutWindows('w'.repeat(500))).toEqual(['w'.repeat(500)]);
  expect(cutWindows('7')).toEqual(['7']);
  expect(cutWindows('')).toEqual(['']);
});
