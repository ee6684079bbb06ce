import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit.ts';
import type { BinaryIndexOptions } from '../search/binary-index.ts';
import { BinaryIndex } from '../search/binary-index.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { fileVectors } from './file-vectors.ts';
import { SearchPool } from './search-pool.ts';
import { bundleProgram } from './threads/bundle-program.suite.ts';

const random = seededRandom(6);
const vectors = Array.from({ length: 700 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);
const queries = vectors.slice(0, 50);
const depths = [
  { k: 5 },
  { k: 5, rerank: 0 },
  { k: 3, rerank: 20, candidates: 50, scoring: 'symmetric' as const },
  { k: 3, rerank: 40, candidates: 60 },
  { k: 3, rerank: 40, queryDigits: 8 as const },
];
const directory = mkdtempSync(join(tmpdir(), 'bitryoshka-pool-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('threads', async () => {
  const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });
  const filled = (storage: BinaryIndexOptions['storage']) => {
    const index = new BinaryIndex({ quantizer, storage });
    index.add(vectors);
    index.delete([0, 5, 9]);
    index.update(7, vectors[5] as number[]);
    return index;
  };

  it.each(['float32', 'float16', 'int8', 'int4', 'int2', 'file'] as const)(
    'find what the index finds, with vectors as %s',
    async (storage) => {
      const index = filled(storage === 'file' ? fileVectors({ directory }) : storage);
      const pool = new SearchPool(index, { workers: 2 });
      try {
        for (const options of depths) {
          const expected = queries.map((query) => index.search(query, options));
          expect(await pool.searchBatch(queries, options)).toEqual(expected);
        }
        expect(await pool.searchBatch([], { k: 3 })).toEqual([]);
      } finally {
        await pool.close();
      }
    },
  );

  it('find by codes in two parts what the index finds, and not by their distance', async () => {
    const twoPart = await fitQuantizer(vectors, { kind: 'residual', bits: 32 });
    const index = new BinaryIndex({ quantizer: twoPart });
    index.add(vectors);
    const pool = new SearchPool(index, { workers: 2 });
    try {
      for (const options of [{ k: 5 }, { k: 5, rerank: 0 }]) {
        const expected = queries.map((query) => index.search(query, options));
        expect(await pool.searchBatch(queries, options)).toEqual(expected);
      }
      await expect(pool.searchBatch(queries, { k: 5, scoring: 'symmetric' })).rejects.toMatchObject(
        { code: 'not-supported' },
      );
    } finally {
      await pool.close();
    }
  });

  it('search the index as it was, whatever is written meanwhile, until the pool is refreshed', async () => {
    const index = filled('float32');
    const pool = new SearchPool(index, { workers: 2 });
    try {
      const before = queries.map((query) => index.search(query, { k: 4 }));
      const underWay = Array.from({ length: 20 }, () => pool.searchBatch(queries, { k: 4 }));
      for (let round = 0; round < 50; round++) {
        const first = index.add(vectors);
        index.update(first, vectors[1] as number[]);
        index.delete(Array.from({ length: 600 }, (_, i) => first + i));
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const found of await Promise.all(underWay)) expect(found).toEqual(before);
      expect(await pool.searchBatch(queries, { k: 4 })).toEqual(before);
      pool.refresh();
      const after = queries.map((query) => index.search(query, { k: 4 }));
      expect(after).not.toEqual(before);
      expect(await pool.searchBatch(queries, { k: 4 })).toEqual(after);
    } finally {
      await pool.close();
    }
  });

  it('of two pools do not disturb each other, nor the thread that owns the index', async () => {
    const index = filled('float32');
    const pools = [new SearchPool(index, { workers: 2 }), new SearchPool(index, { workers: 1 })];
    try {
      const expected = queries.map((query) => index.search(query, { k: 5 }));
      const found = pools.flatMap((pool) =>
        Array.from({ length: 10 }, () => pool.searchBatch(queries, { k: 5 })),
      );
      for (let i = 0; i < 20; i++) {
        expect(queries.map((query) => index.search(query, { k: 5 }))).toEqual(expected);
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const batch of found) expect(await batch).toEqual(expected);
    } finally {
      await Promise.all(pools.map((pool) => pool.close()));
    }
  });

  it('refuse what a search refuses', async () => {
    const pool = new SearchPool(filled('float32'), { workers: 1 });
    try {
      await expect(pool.searchBatch([[1]], { k: 4 })).rejects.toMatchObject({
        code: 'dimension-mismatch',
      });
      await expect(pool.searchBatch(queries, { k: -1 })).rejects.toMatchObject({
        code: 'invalid-option',
      });
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(pool.searchBatch(queries, { k: 4, signal })).rejects.toThrow('enough');
    } finally {
      await pool.close();
    }
    const storage = { fetchVectors: () => Promise.resolve([]) };
    const elsewhere = new BinaryIndex({ quantizer, storage });
    elsewhere.add(vectors);
    // More than there are numbers of threads.
    for (let i = 0; i < 300; i++) expect(() => new SearchPool(elsewhere)).toThrow(/fetched/);
    const index = filled('float32');
    const another = new SearchPool(index, { workers: 255 });
    expect(await another.searchBatch([vectors[3]], { k: 4 })).toEqual([
      index.search(vectors[3], { k: 4 }),
    ]);
    await another.close();
  });

  it('do not keep an abort waiting, and search on', async () => {
    const index = filled('float32');
    const pool = new SearchPool(index, { workers: 2 });
    try {
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error('enough');
      const batches = Array.from({ length: 8 }, () => pool.searchBatch(queries, { k: 5, signal }));
      setTimeout(() => controller.abort(reason), 5);
      await Promise.all(batches.map((batch) => expect(batch).rejects.toBe(reason)));
      const expected = queries.map((query) => index.search(query, { k: 5 }));
      expect(await pool.searchBatch(queries, { k: 5 })).toEqual(expected);
    } finally {
      await pool.close();
    }
  });

  it('reject what is under way when they are closed', async () => {
    const pool = new SearchPool(filled('float32'), { workers: 1 });
    const batches = [1, 2, 3].map(() => pool.searchBatch(queries, { k: 5 }));
    const closing = pool.close();
    await Promise.all(
      batches.map((batch) => expect(batch).rejects.toMatchObject({ code: 'not-supported' })),
    );
    await closing;
    expect(() => pool.refresh()).toThrow(expect.objectContaining({ code: 'not-supported' }));
  });

  it.each([0, 1.5, 256, NaN])('are not %s', (workers) => {
    expect(() => new SearchPool(filled('float32'), { workers })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });

  it('are closed once, and refuse what comes after', async () => {
    const index = filled('float32');
    const pool = new SearchPool(index, { workers: 1 });
    await Promise.all([pool.close(), pool.close()]);
    await pool.close();
    // Numbers of threads that were given back twice would be two pools' at once.
    const [one, two] = [
      new SearchPool(index, { workers: 1 }),
      new SearchPool(index, { workers: 1 }),
    ];
    await pool.close();
    const expected = queries.map((query) => index.search(query, { k: 3 }));
    const found = await Promise.all([one, two].map((each) => each.searchBatch(queries, { k: 3 })));
    expect(found).toEqual([expected, expected]);
    await Promise.all([one.close(), two.close()]);
    await expect(pool.searchBatch(queries, { k: 3 })).rejects.toMatchObject({
      code: 'not-supported',
    });
  });

  it('are refused where memory cannot be shared', async () => {
    const program = `
      import { SearchPool } from '@bitryoshka/core/node';
      import { BinaryIndex, fitQuantizer } from '@bitryoshka/core';
      const vectors = Array.from({ length: 90 }, (_, i) =>
        Array.from({ length: 8 }, (_, j) => Math.sin(i * 8 + j)));
      const index = new BinaryIndex({ quantizer: await fitQuantizer(vectors, { kind: 'itq', bits: 8 }) });
      index.add(vectors);
      index.delete([1]);
      try {
        new SearchPool(index, { workers: 1 });
      } catch (error) {
        console.log(typeof WebAssembly, error.code, index.searchBatch(vectors, { k: 4 }).length);
      }
    `;
    const file = await bundleProgram(program, join(directory, 'without-wasm.mjs'));
    // Without WebAssembly, codes are in memory of JavaScript.
    const printed = execFileSync(process.execPath, ['--jitless', file], { encoding: 'utf8' });
    expect(printed.trim()).toBe('undefined not-supported 90');
  });
});
