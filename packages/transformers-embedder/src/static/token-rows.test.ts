import { expect, test } from 'vitest';
import { rowsOfTokens, wordHash } from './token-rows.ts';

// Ids from 10 on are text; 20 and 21 continue words.
const continues = new Uint8Array(32);
continues[20] = 1;
continues[21] = 1;

const none = { firstToken: 10, words: new Map(), pairs: new Map(), continues };

test('every token is a row, and what stands for no text is row 0', () => {
  expect(rowsOfTokens(none, [11, 12, 20, 3, 10])).toEqual([1, 2, 10, 0, 0]);
  expect(rowsOfTokens(none, [])).toEqual([]);
});

test('a known word of several tokens is one row', () => {
  const words = new Map([[wordHash([12, 20, 21], 0, 3), 100]]);
  const rows = { ...none, words };
  expect(rowsOfTokens(rows, [11, 12, 20, 21, 11])).toEqual([1, 100, 1]);
  // Not as a part of a longer word, nor without its end.
  expect(rowsOfTokens(rows, [12, 20, 21, 20])).toEqual([2, 10, 11, 10]);
  expect(rowsOfTokens(rows, [12, 20])).toEqual([2, 10]);
});

test('known neighbours are a row more, also of whole words', () => {
  const words = new Map([[wordHash([12, 20], 0, 2), 100]]);
  const pairs = new Map([
    [1 * 65536 + 100, 200],
    [100 * 65536 + 1, 201],
  ]);
  const rows = rowsOfTokens({ ...none, words, pairs }, [11, 12, 20, 11]);
  expect(rows.slice(0, 3)).toEqual([1, 100, 1]);
  expect(rows.slice(3).sort((a, b) => a - b)).toEqual([200, 201]);
});

test('hashes are those of the trainer', () => {
  expect(wordHash([], 0, 0)).toBe(2166136261);
  expect(wordHash([7], 0, 1)).not.toBe(wordHash([8], 0, 1));
  expect(wordHash([1, 7, 9], 1, 2)).toBe(wordHash([7], 0, 1));
});
