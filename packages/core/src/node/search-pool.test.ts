import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';

// Threads run what was compiled: a test of the sources would have nothing to start them with.
const built = new URL('../../dist/node/search-pool.js', import.meta.url);
const main = new URL('../../dist/index.js', import.meta.url);
const random = seededRandom(6);
const vectors = Array.from({ length: 700 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);

it.skipIf(!existsSync(built))('finds in threads what the index finds (needs a build)', async () => {
  const { SearchPool } = (await import(built.href)) as typeof import('./search-pool.ts');
  const { FlatIndex, fitQuantizer } = (await import(main.href)) as typeof import('../index.ts');
  const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });
  const index = new FlatIndex(quantizer);
  index.add(vectors);
  index.delete([0, 5, 9]);
  index.update(7, vectors[5] as number[]);
  const pool = new SearchPool(index, { workers: 2 });
  try {
    const queries = vectors.slice(0, 50);
    const depths = [
      { k: 5 },
      { k: 5, rerank: 0 },
      { k: 3, rerank: 20, candidates: 50, scoring: 'symmetric' as const },
      { k: 3, rerank: 40, candidates: 60, margin: 0.1 },
    ];
    for (const options of depths) {
      const expected = queries.map((query) => index.search(query, options));
      expect(await pool.searchBatch(queries, options)).toEqual(expected);
    }
    expect(await pool.searchBatch([], { k: 3 })).toEqual([]);
    const before = queries.map((query) => index.search(query, { k: 4 }));
    index.delete(Array.from({ length: 600 }, (_, i) => i));
    expect(await pool.searchBatch(queries, { k: 4 })).toEqual(before);
    pool.refresh();
    const after = queries.map((query) => index.search(query, { k: 4 }));
    expect(await pool.searchBatch(queries, { k: 4 })).toEqual(after);
    await expect(pool.searchBatch([[1]], { k: 4 })).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    await expect(pool.searchBatch(queries, { k: -1 })).rejects.toMatchObject({
      code: 'invalid-option',
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(pool.searchBatch(queries, { k: 4, signal })).rejects.toThrow();
  } finally {
    await pool.close();
  }
});
