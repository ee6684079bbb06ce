import { describe, expect, it } from 'vitest';
import { lexicalIndexSuite } from './lexical-index.suite.ts';
import { MemoryLexicalIndex } from './memory-lexical-index.ts';

lexicalIndexSuite((tokenize) => new MemoryLexicalIndex(tokenize));

describe('many rows', () => {
  const tokenize = (text: string) => text.split(' ');

  it('are found beyond the first page, and with numbers far apart', () => {
    const index = new MemoryLexicalIndex(tokenize);
    const rows = [3, 4095, 4096, 70_000, 4_000_000_000];
    for (const row of rows) index.add(row, `word n${row}`);
    index.commit();
    expect(index.search('word', 9).map(({ row }) => row)).toEqual(rows);
    expect(index.search('n4000000000', 9).map(({ row }) => row)).toEqual([4_000_000_000]);
  });

  it('come and go without leaving more behind than there is', () => {
    const index = new MemoryLexicalIndex(tokenize);
    const kept = 500;
    for (let row = 0; row < 20_000; row++) {
      index.add(row, `common ${row % 7} only${row}`);
      index.commit();
      if (row >= kept) index.delete(row - kept);
      expect(index.postings).toBeLessThan(3 * (2 * kept + 10));
    }
    expect(index.search('common', 1000)).toHaveLength(kept);
    expect(index.search('only100', 10)).toEqual([]);
    expect(index.search('only19999', 10).map(({ row }) => row)).toEqual([19_999]);
    for (let row = 20_000 - kept; row < 20_000; row++) index.delete(row);
    expect(index.postings).toBe(0);
  });
});
