import { describe, expect, it } from 'vitest';
import { BinaryIndex } from '../search/binary-index.ts';
import { ExactIndex } from '../search/exact-index.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, rowRange, zeros } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { tuneSearch } from './tune-search.ts';

const all = decaying(2100, 32);
const documents = rowRange(all, 0, 1500);
const queries = rowRange(all, 1500, 1800);
const unseen = rowRange(all, 1800, 2100);

describe('tuneSearch', () => {
  it.each([0.8, 0.95])(
    'lands near a recall of %d on queries it has not seen',
    async (targetRecall) => {
      for (const given of [queries, undefined]) {
        const options = { targetRecall, queries: given, bits: [16, 32] };
        const { quantizer, depth, recall, table } = await tuneSearch(documents, options);
        expect(recall).toBeGreaterThanOrEqual(targetRecall);
        expect(Math.abs(recallOf(quantizer, depth) - targetRecall)).toBeLessThan(0.03);
        expect(table.filter(({ chosen }) => chosen)).toHaveLength(1);
        const costs = table.map(({ cost }) => cost);
        expect(table.find(({ chosen }) => chosen)?.cost).toBe(Math.min(...costs));
      }
    },
  );

  it('chooses a scan of prefixes where that is less work', async () => {
    const wide = decaying(30_300, 128);
    const [many, asked] = [rowRange(wide, 0, 30_000), rowRange(wide, 30_000, 30_200)];
    const options = { targetRecall: 0.8, queries: asked, bits: [128], prefixes: true };
    const { quantizer, prefixBits, depth, table } = await tuneSearch(many, options);
    expect(table.map((tried) => tried.prefixBits)).toEqual([0, 64]);
    expect(table.find(({ chosen }) => chosen)).toMatchObject({
      prefixBits,
      cost: Math.min(...table.map(({ cost }) => cost)),
    });
    expect(prefixBits).toBe(64);
    const index = new BinaryIndex({ quantizer, prefixBits });
    index.add(many);
    const recall = recallIn(index, many, rowRange(wide, 30_200, 30_300), depth);
    expect(Math.abs(recall - 0.8)).toBeLessThan(0.05);
  });

  it('says so when nothing reaches the recall', async () => {
    await expect(
      tuneSearch(documents, { targetRecall: 0.999, queries, bits: [4] }),
    ).rejects.toMatchObject({ code: 'not-supported' });
  });

  it('is the same by seed, and stops when aborted', async () => {
    const options = { targetRecall: 0.8, bits: [16] };
    const { depth, recall } = await tuneSearch(documents, options);
    expect(await tuneSearch(documents, options)).toMatchObject({ depth, recall });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(tuneSearch(documents, { ...options, signal })).rejects.toThrow('enough');
  });

  it.each([
    { targetRecall: 1 },
    { targetRecall: 0.5, k: 0 },
    { targetRecall: 0.5, queries: [[1]] },
  ])('refuses %o', async (options) => {
    await expect(tuneSearch(documents, options)).rejects.toThrow(/got .*, expected/);
  });
});

function recallOf(quantizer: BinaryIndex['quantizer'], depth: object): number {
  const index = new BinaryIndex({ quantizer });
  index.add(documents);
  return recallIn(index, documents, unseen, depth);
}

function recallIn(index: BinaryIndex, vectors: Matrix, asked: Matrix, depth: object): number {
  const exact = new ExactIndex(vectors.columns);
  exact.add(vectors);
  let found = 0;
  for (let i = 0; i < asked.rows; i++) {
    const truth = exact.search(row(asked, i), { k: 10 }).map((scored) => scored.row);
    const rows = index.search(row(asked, i), { k: 10, ...depth });
    found += rows.filter((scored) => truth.includes(scored.row)).length / 10;
  }
  return found / asked.rows;
}

function decaying(rows: number, columns: number): Matrix {
  const random = seededRandom(12);
  const matrix = zeros(rows, columns);
  for (let p = 0; p < matrix.data.length; p++)
    matrix.data[p] = gaussian(random) / Math.sqrt(1 + (p % columns));
  return matrix;
}
