import { describe, expect, it } from 'vitest';
import type { Matrix } from '../vectors/matrix.ts';
import { learnFromCorpus } from './learn-from-corpus.ts';

const passages = [
  { source: 'a', title: 'Apples' },
  { source: 'a', title: 'Apples' },
  { source: 'b', title: 'Pears', headings: ['Pears'] },
];
const vectors = [
  [1, 0],
  [2, 0],
  [3, 0],
];
const embed = async (texts: string[]) => texts.map((text) => [text.length, 1]);

describe('learnFromCorpus', () => {
  it('embeds each text once, and takes the vectors of passages that ask', async () => {
    const asked: string[][] = [];
    const { pairs, queries } = await learnFromCorpus(passages, vectors, {
      embed: (texts) => {
        asked.push(texts);
        return embed(texts);
      },
    });
    expect(asked.flat().sort()).toEqual(['Apples', 'Pears']);
    expect(queries?.rows).toBe(2);
    const rows = pairRows(pairs.queries as Matrix, pairs.documents as Matrix).sort();
    // The neighbour, Pears as a heading and as a title, Apples.
    expect(rows).toEqual(['1,0 2,0', '5,1 3,0', '5,1 3,0', '6,1 1,0']);
  });

  it('has no queries where passages alone ask', async () => {
    const { pairs, queries } = await learnFromCorpus(passages, vectors, {
      embed,
      kinds: ['neighbour'],
    });
    expect(queries).toBeUndefined();
    expect((pairs.queries as Matrix).rows).toBe(1);
  });

  it('says what is missing', async () => {
    const none = learnFromCorpus([{}, {}], [[1], [2]], { embed });
    await expect(none).rejects.toMatchObject({ code: 'empty-input' });
    const few = learnFromCorpus(passages, [[1, 0]], { embed });
    await expect(few).rejects.toThrow(/got 1, expected 3/);
    const short = learnFromCorpus(passages, vectors, { embed: async () => [[1, 1]] });
    await expect(short).rejects.toThrow(/embed: got 1 vectors, expected 2/);
    const other = learnFromCorpus(passages, vectors, { embed: async () => [[1], [1]] });
    await expect(other).rejects.toMatchObject({ code: 'dimension-mismatch' });
    const aborted = learnFromCorpus(passages, vectors, { embed, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toThrow(/abort/i);
  });
});

function pairRows(queries: Matrix, documents: Matrix): string[] {
  return Array.from({ length: queries.rows }, (_, i) =>
    [queries, documents]
      .map(({ data, columns }) => data.subarray(i * columns, (i + 1) * columns).join())
      .join(' '),
  );
}
