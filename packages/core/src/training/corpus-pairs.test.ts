import { describe, expect, it } from 'vitest';
import type { CorpusPassage } from './corpus-pairs.ts';
import { corpusPairs } from './corpus-pairs.ts';

const passages: CorpusPassage[] = [
  { source: 'a', title: 'Apples', headings: ['Growing'] },
  { source: 'a', title: 'Apples', headings: ['Growing'] },
  { source: 'a', title: 'Apples', headings: ['Eating', 'Raw'] },
  { source: 'b', title: ' Pears\n of the north ', headings: ['Growing'] },
  { source: 'b', title: ' Pears\n of the north ', headings: ['Eating', 'Raw'] },
  { source: 'c', title: 'Notes' },
  { source: 'd', title: 'Notes', headings: ['Why?'] },
  {},
];

describe('corpusPairs', () => {
  it('pairs a title with the beginning of its document, unless it names several', () => {
    expect(corpusPairs(passages, { kinds: ['title'] })).toEqual([
      { kind: 'title', query: 'Apples', document: 0 },
      { kind: 'title', query: 'Pears of the north', document: 3 },
    ]);
  });

  it('pairs a heading with the beginning of its section, with as much above it as tells it apart', () => {
    expect(corpusPairs(passages, { kinds: ['heading'] })).toEqual([
      { kind: 'heading', query: 'Apples Growing', document: 0 },
      { kind: 'heading', query: 'Apples Eating Raw', document: 2 },
      { kind: 'heading', query: 'Pears of the north Growing', document: 3 },
      { kind: 'heading', query: 'Pears of the north Eating Raw', document: 4 },
      { kind: 'heading', query: 'Why?', document: 6 },
    ]);
  });

  it('leaves out headings that nothing tells apart', () => {
    const twins = [
      { headings: ['Usage'] },
      { headings: ['Usage'] },
      { headings: ['API', 'Usage'] },
    ];
    expect(corpusPairs(twins, { kinds: ['heading'] })).toEqual([
      { kind: 'heading', query: 'API Usage', document: 2 },
    ]);
  });

  it('pairs a passage with the next of its source, also where others stand in between', () => {
    const mixed = [{ source: 'a' }, { source: 'b' }, { source: 'a' }, {}, { source: 'a' }];
    expect(corpusPairs(mixed, { kinds: ['neighbour'] })).toEqual([
      { kind: 'neighbour', query: 0, document: 2 },
      { kind: 'neighbour', query: 2, document: 4 },
    ]);
  });

  it('takes of every kind alike, and what there is of those that have less', () => {
    const kinds = (limit: number) => {
      const counts = { title: 0, heading: 0, neighbour: 0 };
      for (const { kind } of corpusPairs(passages, { limit })) counts[kind]++;
      return counts;
    };
    expect(kinds(100)).toEqual({ title: 2, heading: 5, neighbour: 3 });
    expect(kinds(6)).toEqual({ title: 2, heading: 2, neighbour: 2 });
    expect(kinds(9)).toEqual({ title: 2, heading: 4, neighbour: 3 });
    expect(corpusPairs(passages, { limit: 4, seed: 1 })).toEqual(
      corpusPairs(passages, { limit: 4, seed: 1 }),
    );
    expect(corpusPairs([])).toEqual([]);
  });

  it('refuses kinds that it does not know, and limits that are none', () => {
    expect(() => corpusPairs(passages, { kinds: ['body' as 'title'] })).toThrow(/kinds: got body/);
    expect(() => corpusPairs(passages, { limit: 0 })).toThrow(/limit: got 0/);
  });
});
