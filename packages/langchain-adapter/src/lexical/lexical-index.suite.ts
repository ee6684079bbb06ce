import type { ScoredRow } from '@bitryoshka/core';
import { RowSet } from '@bitryoshka/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LexicalIndex } from './lexical-index.ts';
import type { Tokenize } from './tokenize.ts';

const words: Tokenize = (text) => text.split(' ').filter((word) => word !== '');

/**
 * What every index of words must do.
 *
 * @param create makes an empty one
 * @param options `isExact`: whether scores are those of the formula, to the last digits, whatever was deleted
 */
export function lexicalIndexSuite(
  create: (tokenize: Tokenize) => LexicalIndex,
  { isExact = true }: { readonly isExact?: boolean } = {},
): void {
  function filled(texts: readonly string[]): LexicalIndex {
    const index = create(words);
    for (const [row, text] of texts.entries()) index.add(row, text);
    index.commit();
    return index;
  }

  const rowsOf = (index: LexicalIndex, query: string, count = 10, allowed?: RowSet) =>
    index.search(query, count, allowed).map(({ row }) => row);

  function expectAlike(found: readonly ScoredRow[], expected: readonly ScoredRow[]): void {
    if (isExact) expect(found).toEqual(expected);
    else expect(found.map(({ row }) => row)).toEqual(expected.map(({ row }) => row));
  }

  it('finds the rows that have a word of the query, those that say most of it first', () => {
    const index = filled(['red apple', 'green pear', 'red red apple', 'blue sky over the sea', '']);
    expect(rowsOf(index, 'apple')).toEqual([0, 2]);
    expect(rowsOf(index, 'red')).toEqual([2, 0]);
    expect(rowsOf(index, 'green apple')[0]).toBe(1);
    expect(rowsOf(index, 'sea pear').toSorted((a, b) => a - b)).toEqual([1, 3]);
    expect(rowsOf(index, 'nothing')).toEqual([]);
    expect(rowsOf(index, '')).toEqual([]);
  });

  it('finds nothing where nothing is', () => {
    expect(rowsOf(create(words), 'word')).toEqual([]);
    expect(rowsOf(filled(['', '']), 'word')).toEqual([]);
  });

  it('gives as many as are wanted, the lower row first among equals', () => {
    const index = filled(['a', 'a', 'b a', 'a', 'c']);
    expect(rowsOf(index, 'a', 2)).toEqual([0, 1]);
    expect(rowsOf(index, 'a', 0)).toEqual([]);
    expect(rowsOf(index, 'a')).toEqual([0, 1, 3, 2]);
  });

  it('counts a word of the query once', () => {
    const index = filled(['a b', 'a c', 'd']);
    expect(index.search('a a a b', 10)).toEqual(index.search('a b', 10));
  });

  it('heeds which rows are allowed, and scores them as before', () => {
    const index = filled(['a b', 'a', 'a b b', 'b']);
    const all = index.search('b', 10);
    const allowed = RowSet.of([0, 3, 77]);
    expect(index.search('b', 10, allowed)).toEqual(all.filter(({ row }) => row !== 2));
    expect(rowsOf(index, 'a b', 1, allowed)).toEqual([0]);
    expect(rowsOf(index, 'a', 10, new RowSet())).toEqual([]);
    expect(allowed.rows()).toEqual([0, 3, 77]);
  });

  it('finds nothing of what is added before it is committed', () => {
    const index = filled(['a b', 'b']);
    const before = index.search('a b', 10);
    index.add(2, 'a a');
    index.add(5, 'b c');
    expectAlike(index.search('a b', 10), before);
    expect(rowsOf(index, 'c')).toEqual([]);
    index.delete(2);
    index.commit();
    expect(rowsOf(index, 'b').toSorted((a, b) => a - b)).toEqual([0, 1, 5]);
    expect(rowsOf(index, 'a')).toEqual([0]);
  });

  it('forgets what is deleted, and ignores what is not there', () => {
    const index = filled(['a b', 'a', 'b c']);
    index.delete(0);
    index.delete(0);
    index.delete(99);
    expect(rowsOf(index, 'a')).toEqual([1]);
    expectAlike(index.search('a b', 10), filled(['', 'a', 'b c']).search('a b', 10));
    for (const row of [1, 2]) index.delete(row);
    expect(rowsOf(index, 'a b c')).toEqual([]);
    index.add(3, 'a');
    index.commit();
    expect(rowsOf(index, 'a')).toEqual([3]);
  });

  it('takes rows from the first on again once all are gone', () => {
    const index = create(words);
    index.add(0, 'a');
    index.add(1, 'b');
    index.delete(1);
    index.delete(0);
    index.add(0, 'c');
    index.commit();
    expect(rowsOf(index, 'a b c')).toEqual([0]);
    expect(rowsOf(index, 'b')).toEqual([]);
  });

  it('adds nothing of a text on which the tokenizer throws', () => {
    const index = create((text) => {
      if (text.includes('!')) throw new Error('odd text');
      return words(text);
    });
    index.add(0, 'a');
    expect(() => index.add(1, 'a !')).toThrow('odd text');
    index.commit();
    expect(() => index.search('!', 1)).toThrow('odd text');
    expect(rowsOf(index, 'a')).toEqual([0]);
    index.add(1, 'a a');
    index.commit();
    expect(rowsOf(index, 'a').toSorted((a, b) => a - b)).toEqual([0, 1]);
  });

  it('takes any string for a word', () => {
    const index = filled(['__proto__ constructor', 'toString']);
    expect(rowsOf(index, '__proto__')).toEqual([0]);
    expect(rowsOf(index, 'toString')).toEqual([1]);
    expect(rowsOf(index, 'valueOf')).toEqual([]);
  });

  describe('whatever happened before', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 8 })
      .map((list) => list.join(' '));
    const change = fc.oneof(
      { weight: 5, arbitrary: fc.record({ add: fc.array(text, { minLength: 1, maxLength: 30 }) }) },
      { weight: 1, arbitrary: fc.record({ abort: fc.array(text, { maxLength: 10 }) }) },
      { weight: 3, arbitrary: fc.record({ delete: fc.array(fc.nat(150), { maxLength: 60 }) }) },
    );

    it('scores as BM25 does of the texts that there are', () => {
      fc.assert(
        fc.property(fc.array(change, { maxLength: 30 }), text, (changes, query) => {
          const index = create(words);
          const texts = new Map<number, string>();
          let next = 0;
          for (const step of changes) {
            if ('delete' in step) {
              for (const row of step.delete) {
                index.delete(row);
                texts.delete(row);
              }
            } else {
              const added = 'add' in step ? step.add : step.abort;
              const rows = added.map((given) => {
                index.add(next, given);
                return [next++, given] as const;
              });
              if ('abort' in step) for (const [row] of rows) index.delete(row);
              index.commit();
              if ('add' in step) for (const [row, given] of rows) texts.set(row, given);
            }
            const expected = naiveScores(texts, query);
            const found = index.search(query, 1000);
            expect(found.length).toBe(expected.size);
            for (const { row, score } of found) {
              expect(expected.has(row)).toBe(true);
              if (isExact) expect(score).toBeCloseTo(expected.get(row) ?? -1, 4);
            }
            expect(found.map(({ score }) => score)).toEqual(
              found.map(({ score }) => score).sort((one, other) => other - one),
            );
          }
        }),
        { numRuns: isExact ? 150 : 10 },
      );
    });
  });
}

/** BM25 as its formula is written; texts without words are none. */
function naiveScores(texts: ReadonlyMap<number, string>, query: string): Map<number, number> {
  const documents = [...texts].map(([row, text]) => ({ row, tokens: words(text) }));
  const filled = documents.filter(({ tokens }) => tokens.length > 0);
  const average = filled.reduce((sum, { tokens }) => sum + tokens.length, 0) / filled.length;
  const scores = new Map<number, number>();
  for (const word of new Set(words(query))) {
    const having = filled.filter(({ tokens }) => tokens.includes(word));
    const weight = Math.log(1 + (filled.length - having.length + 0.5) / (having.length + 0.5));
    for (const { row, tokens } of having) {
      const frequency = tokens.filter((token) => token === word).length;
      const saturation = frequency + 1.2 * (1 - 0.75 + (0.75 * tokens.length) / average);
      scores.set(row, (scores.get(row) ?? 0) + (weight * frequency * 2.2) / saturation);
    }
  }
  return scores;
}
