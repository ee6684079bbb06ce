import { randomUUID } from 'node:crypto';
import { fitQuantizer } from '@bitryoshka/core';
import { seededRandom } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WordEmbeddings } from '../../store/vector-store.suite.ts';
import { faulty } from '../database/faulty-pool.suite.ts';
import type { PgPool } from '../database/pg-pool.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { openPGlite } from '../database/servers.suite.ts';
import type { PgStoreOptions } from '../pg-vector-store.ts';
import { PgBinaryVectorStore } from '../pg-vector-store.ts';
import type { PgPartitionedStoreOptions, PgPartitionFailure } from './pg-partitioned-store.ts';
import { PgPartitionedVectorStore } from './pg-partitioned-store.ts';
import { partitionOf } from './pg-placement.ts';

const embeddings = new WordEmbeddings();
const dimensions = 16;
const random = seededRandom(7);
const randomVector = (): number[] => Array.from({ length: dimensions }, () => random() - 0.5);
const count = 96;
const vectors = Array.from({ length: count }, randomVector);
const ids = vectors.map((_, i) => `doc-${i}`);
const documents = ids.map(
  (id, i) => new Document({ pageContent: `text ${i}`, metadata: { third: i % 3 }, id }),
);
const queries = Array.from({ length: 8 }, randomVector);
const quantizer = await fitQuantizer(
  { rows: count, columns: dimensions, data: Float32Array.from(vectors.flat()) },
  { kind: 'itq', bits: 16 },
);

let databases: OpenDatabase[] = [];
beforeAll(async () => {
  databases = await Promise.all(Array.from({ length: 4 }, openPGlite));
});
afterAll(() => Promise.all(databases.map(({ stop }) => stop())));

const pools = (): PgPool[] => databases.map(({ pool }) => pool);
const openParts = (
  options: Partial<PgPartitionedStoreOptions>,
  given: readonly PgPool[] = pools().slice(0, 2),
): Promise<PgPartitionedVectorStore> =>
  PgPartitionedVectorStore.open(embeddings, {
    partitions: given.map((pool) => ({ pool })),
    storage: 'vector',
    ...options,
  });
const openOne = (options: PgStoreOptions): Promise<PgBinaryVectorStore> =>
  PgBinaryVectorStore.open(embeddings, { pool: databases[0]?.pool, storage: 'vector', ...options });

type Fault = (text: string) => Promise<void> | undefined;
const lost = (): Promise<void> => Promise.reject(new Error('connect ECONNREFUSED'));
/** What fails now. */
interface Switch {
  fault: Fault | undefined;
}
const switchable = (pool: PgPool): PgPool & Switch => {
  const made: PgPool & Switch = Object.assign(
    faulty(pool, { before: (text) => made.fault?.(text) }),
    { fault: undefined },
  );
  return made;
};
const idsOf = (found: readonly (readonly [Document, number])[]) => found.map(([{ id }]) => id);

describe('places', () => {
  it('are the checksums of ids, which do not change', () => {
    // python3 -c "import zlib; print([zlib.crc32(t.encode()) % 4 for t in ('', 'a', 'doc-1', 'é', '😀')])"
    expect(['', 'a', 'doc-1', 'é', '😀'].map((id) => partitionOf(id, 4))).toEqual([0, 3, 1, 2, 0]);
    expect(partitionOf('a', 1)).toBe(0);
  });

  it('have about as many documents each', () => {
    for (const id of [(i: number) => `${10 * i}`, (i: number) => `${i}-${i}`, () => randomUUID()]) {
      const counts = [0, 0, 0, 0];
      for (let i = 0; i < 4000; i++)
        counts[partitionOf(id(i), 4)] = counts[partitionOf(id(i), 4)]! + 1;
      for (const each of counts) expect(Math.abs(each - 1000)).toBeLessThan(150);
    }
  });
});

describe.each([2, 4])('%i servers', (parts) => {
  const collection = randomUUID();
  const depth = { candidates: 10, rerank: 10 };
  let one: PgBinaryVectorStore;
  let several: PgPartitionedVectorStore;
  beforeAll(async () => {
    one = await openOne({ schema: 'one', collection, depth });
    several = await openParts({ collection, depth }, pools().slice(0, parts));
    for (const store of [one, several]) await store.addVectors(vectors, documents);
  });

  it('have each document where its id says', async () => {
    expect(await several.count()).toBe(count);
    for (const [place, { pool }] of databases.slice(0, parts).entries()) {
      const { rows } = await pool.query<{ options: { part: object }; id: number }>(
        'SELECT id, options FROM bitryoshka.collections WHERE name = $1',
        [collection],
      );
      expect(rows[0]?.options.part).toMatchObject({ place, count: parts });
      const found = await pool.query<{ id: string }>(
        `SELECT id FROM bitryoshka.documents_${rows[0]?.id}`,
      );
      const own = ids.filter((id) => partitionOf(id, parts) === place);
      expect(found.rows.map(({ id }) => id).sort()).toEqual(own.sort());
    }
    const seen: string[] = [];
    for await (const [id] of several.entries()) seen.push(id);
    expect(seen.sort()).toEqual([...ids].sort());
    expect(await several.getByIds(['doc-9', 'none', 'doc-3'])).toStrictEqual([
      documents[9],
      documents[3],
    ]);
  });

  it('find what one finds', async () => {
    for (const query of queries) {
      for (const filter of [undefined, { third: 1 }, (doc: Document) => doc.metadata.third > 1]) {
        const [asOne, asSeveral] = await Promise.all(
          [one, several].map((store) => store.similaritySearchVectorWithScore(query, 7, filter)),
        );
        expect(asSeveral).toEqual(asOne);
        expect(asSeveral).toHaveLength(7);
      }
    }
  });

  it('find at least as much by codes', async () => {
    await Promise.all([one.refit({ quantizer }), several.refit({ quantizer })]);
    let more = 0;
    for (const query of queries) {
      const [asOne = [], asSeveral = []] = await Promise.all(
        [one, several].map((store) => store.similaritySearchVectorWithScore(query, 10)),
      );
      for (const [i, [, score]] of asSeveral.entries()) {
        expect(score).toBeGreaterThanOrEqual(asOne[i]?.[1] as number);
        if (score > (asOne[i]?.[1] as number)) more++;
      }
    }
    // So few candidates miss some.
    expect(more).toBeGreaterThan(0);
  });

  it('find what one finds by codes in the memory of the client', async () => {
    const all = { candidates: count, rerank: count };
    const local = await openParts(
      { collection, depth: all, localCodes: true },
      pools().slice(0, parts),
    );
    const exact = await openOne({ schema: 'one', collection, depth: all });
    for (const query of queries) {
      const [found, wanted] = await Promise.all(
        [local, exact].map((store) => store.similaritySearchVectorWithScore(query, 10)),
      );
      expect(found).toEqual(wanted);
    }
    const { partitions } = await local.health();
    const held = partitions.reduce((sum, { bytes }) => sum + bytes.localCodes, 0);
    expect(held).toBe((2 * count * quantizer.bits) / 8);
  });

  it('delete where documents are', async () => {
    await several.delete({ ids: ['doc-0', 'doc-1', 'none'] });
    expect(await several.count()).toBe(count - 2);
    await several.delete({ filter: { third: 2 } });
    expect(await several.count()).toBe((count / 3) * 2 - 2);
    await several.delete({ deleteAll: true });
    expect(await several.count()).toBe(0);
    expect(await several.similaritySearchVectorWithScore(queries[0] as number[], 3)).toEqual([]);
    await several.drop();
    const anew = await openParts({ collection }, pools().slice(0, parts));
    await anew.addVectors([[1, 2]], [new Document({ pageContent: 'two dimensions' })]);
    expect(await anew.count()).toBe(1);
  });
});

describe('a collection on several servers', () => {
  it('is opened with the same servers in the same order', async () => {
    const [a, b, c] = pools() as [PgPool, PgPool, PgPool];
    const collection = randomUUID();
    const store = await openParts({ collection });
    await store.addVectors(vectors, documents);
    for (const wrong of [[b, a], [a], [a, b, c], [a, c], [a, a]]) {
      await expect(openParts({ collection }, wrong)).rejects.toMatchObject({
        code: 'invalid-option',
        message: expect.stringMatching(/^partitions\[\d\]: collection: got (part|a whole one)/),
      });
    }
    await expect(openOne({ collection })).rejects.toThrow('expected a whole one');
    await (await openOne({ collection: `${collection} one` })).addVectors(vectors, documents);
    await expect(openParts({ collection: `${collection} one` })).rejects.toThrow('got a whole');
    // Of two with one name, one server each.
    const other = await openParts({ collection }, [c, pools()[3] as PgPool]);
    await expect(openParts({ collection }, [a, pools()[3] as PgPool])).rejects.toThrow(
      'of the set',
    );
    await other.drop();
    expect(await (await openParts({ collection })).count()).toBe(count);
  });

  it('finds by words alone', async () => {
    const store = await openParts({ collection: randomUUID(), hybrid: true });
    await store.addVectors(vectors, documents);
    const found = await store.keywordSearchWithScore('the text 17 and 42', 3);
    expect(new Set(found.slice(0, 2).map(([{ id }]) => id))).toEqual(new Set(['doc-17', 'doc-42']));
    expect(found).toHaveLength(3);
    const [[only]] = (await store.keywordSearchWithScore('17', 3)) as [[Document, number]];
    expect(only.id).toBe('doc-17');
    const plain = await openParts({ collection: randomUUID() });
    await expect(plain.keywordSearchWithScore('17')).rejects.toMatchObject({
      code: 'not-supported',
    });
  });

  it('refuses what cannot be', async () => {
    const bad: Partial<Record<keyof PgPartitionedStoreOptions, unknown>>[] = [
      { partitions: [] },
      { partitions: undefined },
      { partitions: [undefined] },
      { partitions: [{}] },
      { partitions: [{ pool: pools()[0], replicas: {} }] },
      { partitions: [{ pool: pools()[0], replicas: [{}] }] },
      { timeoutMs: 0 },
      { onPartial: true },
      { atomic: 1 },
    ];
    for (const options of bad) {
      const given = { collection: randomUUID(), ...options } as Partial<PgPartitionedStoreOptions>;
      await expect(openParts(given)).rejects.toMatchObject({ code: 'invalid-option' });
    }
  });

  it('is of one model, and of one number of dimensions', async () => {
    const collection = randomUUID();
    const named = (fingerprint: string) => Object.assign(new WordEmbeddings(), { fingerprint });
    const partitions = pools().map((pool) => ({ pool }));
    const options = { collection, partitions };
    const store = await PgPartitionedVectorStore.fromTexts(['a cat'], {}, named('one'), options);
    const stale = await PgPartitionedVectorStore.fromExistingIndex(named('one'), options);
    for (const { pool } of databases) {
      const { rows } = await pool.query(
        'SELECT dimensions, model FROM bitryoshka.collections WHERE name = $1',
        [collection],
      );
      expect(rows).toEqual([
        { dimensions: (await embeddings.embedQuery('')).length, model: 'one' },
      ]);
    }
    const mismatch = { code: 'model-mismatch' };
    await expect(PgPartitionedVectorStore.open(named('two'), options)).rejects.toMatchObject(
      mismatch,
    );
    stale.embeddings = named('two');
    stale.embeddings.embedQuery = async () => [1, 2];
    await expect(stale.similaritySearch('cat')).rejects.toMatchObject(mismatch);
    // The same place, where the check looks.
    const [id] = await store.addDocuments([new Document({ pageContent: 'a cat', id: 'cat' })]);
    await expect(
      stale.addDocuments([{ pageContent: 'x', metadata: {}, id }]),
    ).rejects.toMatchObject(mismatch);
    await expect(store.addVectors([[1, 2]], [documents[0] as Document])).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    await store.delete({ deleteAll: true });
    expect(await stale.addDocuments([{ pageContent: 'x', metadata: {}, id: 'x' }])).toEqual(['x']);
  });
});

describe('changes', () => {
  const collections = async (parts: readonly PgPool[]): Promise<PgPartitionedVectorStore[]> => {
    const collection = randomUUID();
    return Promise.all([openParts({ collection }, parts), openParts({ collection })]);
  };

  it('that fail before the first is sealed change nothing anywhere', async () => {
    const [a, b] = pools() as [PgPool, PgPool];
    const second = switchable(b);
    const store = await openParts({ collection: randomUUID() }, [a, second]);
    await store.addVectors(vectors.slice(0, 20), documents.slice(0, 20));
    const before = await store.count();
    for (const fails of ['INSERT', 'DELETE', 'SELECT 1', 'BEGIN']) {
      second.fault = (text) => (text.trimStart().startsWith(fails) ? lost() : undefined);
      const change =
        fails === 'DELETE'
          ? store.delete({ filter: { third: 1 } })
          : store.addVectors(vectors, documents);
      await expect(change).rejects.toMatchObject({
        code: 'database-failed',
        message: expect.stringMatching(/^partitions\[1\]: .*ECONNREFUSED/),
      });
      second.fault = undefined;
      expect(await store.count()).toBe(before);
    }
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(store.addVectors(vectors, documents, { signal })).rejects.toThrow('enough');
    expect(await store.count()).toBe(before);
    await store.addVectors(vectors, documents);
    expect(await store.count()).toBe(count);
  });

  it('that were sealed in part say so, and are completed when they are made again', async () => {
    const [a, b] = pools() as [PgPool, PgPool];
    const second = switchable(b);
    const [store, other] = (await collections([a, second])) as [
      PgPartitionedVectorStore,
      PgPartitionedVectorStore,
    ];
    second.fault = (text) => (text === 'COMMIT' ? lost() : undefined);
    await expect(store.addVectors(vectors, documents)).rejects.toMatchObject({
      code: 'database-failed',
      message: expect.stringContaining('got all but partitions[1] changed'),
    });
    second.fault = undefined;
    const own = ids.filter((id) => partitionOf(id, 2) === 0);
    expect(await other.count()).toBe(own.length);
    await store.addVectors(vectors, documents);
    expect(await other.count()).toBe(count);
  });

  it('report what is done of all', async () => {
    const store = await openParts({ collection: randomUUID() });
    const reported: number[] = [];
    await store.addVectors(vectors, documents, {
      onProgress: ({ stage, done, total }) => {
        expect(stage).toBe('add');
        expect(done).toBeLessThanOrEqual(total);
        reported.push(done);
      },
    });
    expect(reported.at(-1)).toBe(count);
    expect(reported).toEqual(reported.toSorted((x, y) => x - y));
  });
});

describe('refits', () => {
  const filled = async (parts: readonly PgPool[]): Promise<PgPartitionedVectorStore> => {
    const store = await openParts({ collection: randomUUID() }, parts);
    await store.addVectors(vectors.slice(0, 40), documents.slice(0, 40));
    return store;
  };
  const versions = async (parts: readonly PgPool[], bits: number): Promise<unknown[]> => {
    const found = await Promise.all(
      parts.map((pool) =>
        pool.query<{ file: Uint8Array; building: unknown }>(
          `SELECT file, building FROM bitryoshka.collections c JOIN bitryoshka.quantizers q
           ON q.collection = c.id AND version = active WHERE bits = $1 ORDER BY c.id DESC LIMIT 1`,
          [bits],
        ),
      ),
    );
    return found.map(
      ({ rows }) => rows[0] && [Buffer.from(rows[0].file).toString('hex'), rows[0].building],
    );
  };

  it('fit one quantizer to documents of all servers', async () => {
    const store = await filled(pools().slice(0, 2));
    const stages = new Set<string>();
    const {
      quantizer: fitted,
      recall,
      isReplaced,
    } = await store.refit({
      quantizer: { kind: 'itq', bits: 15 },
      onProgress: ({ stage }) => stages.add(stage),
    });
    expect(isReplaced).toBe(true);
    expect(recall.before).toBeUndefined();
    expect(recall.after).toBeGreaterThan(0.9);
    expect([...stages]).toEqual(expect.arrayContaining(['sample', 'encode', 'recall']));
    const file = Buffer.from(fitted.save()).toString('hex');
    expect(await versions(pools().slice(0, 2), 15)).toEqual([
      [file, null],
      [file, null],
    ]);
    // By the recipe as before, and new documents by it.
    const again = await store.refit();
    expect(again.quantizer.bits).toBe(15);
    expect(again.recall.before).toBeGreaterThan(0.9);
    await store.index({ kind: 'hnsw' });
    const [query] = queries as [number[]];
    await store.addVectors([query], [new Document({ pageContent: 'new', id: 'new' })]);
    expect(idsOf(await store.similaritySearchVectorWithScore(query, 1))).toEqual(['new']);
  });

  it('need as many documents as there are on all servers together', async () => {
    const store = await openParts({ collection: randomUUID() });
    await store.addVectors(vectors.slice(0, 20), documents.slice(0, 20));
    expect((await store.refit({ quantizer: { kind: 'itq', bits: 14 } })).isReplaced).toBe(true);
    await expect(store.refit({ quantizer: { kind: 'itq', bits: 21 } })).rejects.toThrow();
    const { isReplaced } = await store.refit({ quantizer: { kind: 'sign', bits: 1 } });
    expect(isReplaced).toBe(true);
  });

  it('that fail on one server leave what served on all', async () => {
    const [a, b] = pools() as [PgPool, PgPool];
    const second = switchable(b);
    const store = await filled([a, second]);
    await store.refit({ quantizer });
    const before = await versions([a, b], 16);
    const asked = (): Promise<unknown> =>
      store.similaritySearchVectorWithScore(queries[1] as number[], 5);
    const answers = await asked();
    second.fault = (text) =>
      text.includes('FOR SHARE') && text.includes('row >') ? lost() : undefined;
    await expect(store.refit({ quantizer: { kind: 'sign', bits: 8 } })).rejects.toThrow(
      /^partitions\[1\]: .*ECONNREFUSED/,
    );
    second.fault = undefined;
    expect(await versions([a, b], 16)).toEqual(before);
    expect(await asked()).toEqual(answers);
    const controller = new AbortController();
    const aborted = store.refit({
      quantizer: { kind: 'sign', bits: 8 },
      signal: controller.signal,
      onProgress: ({ stage }) => stage === 'recall' && controller.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(await versions([a, b], 16)).toEqual(before);
  });

  it('that change over on one server alone leave searches right, and are repeated', async () => {
    const [a, b] = pools() as [PgPool, PgPool];
    const second = switchable(b);
    const store = await filled([a, second]);
    await store.refit({ quantizer });
    const answers = await store.similaritySearchVectorWithScore(queries[2] as number[], 5);
    second.fault = (text) => (text.includes('SET active') ? lost() : undefined);
    await expect(store.refit({ quantizer: { kind: 'sign', bits: 13 } })).rejects.toThrow(
      /^partitions\[1\]: /,
    );
    second.fault = undefined;
    expect((await versions([a, b], 13)).map(Boolean)).toEqual([true, false]);
    expect((await store.health()).advice.at(-1)).toContain('different quantizers');
    expect(await store.similaritySearchVectorWithScore(queries[2] as number[], 5)).toEqual(answers);
    await store.refit({ quantizer: { kind: 'sign', bits: 13 } });
    const { documents: total, partitions, advice } = await store.health();
    expect([total, partitions.length, advice.join()]).toEqual([
      40,
      2,
      expect.not.stringContaining('different quantizers'),
    ]);
    const [first, other] = await versions([a, b], 13);
    expect(first).toBeDefined();
    expect(other).toEqual(first);
  });

  it('of two clients at once are made by one', async () => {
    const collection = randomUUID();
    const [store, other] = await Promise.all([
      openParts({ collection }),
      openParts({ collection }),
    ]);
    await store.addVectors(vectors.slice(0, 20), documents.slice(0, 20));
    const results = await Promise.allSettled([
      store.refit({ quantizer }),
      other.refit({ quantizer }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { reason } = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: 'write-conflict' });
  });
});

describe('changes that are made on all servers or on none', () => {
  it('need servers that prepare transactions', async () => {
    await expect(openParts({ atomic: true })).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('max_prepared_transactions'),
    });
  });
});

it('finds by words as well, where the store is hybrid', async () => {
  const collection = randomUUID();
  const texts = ids.map((id, i) => (i === 40 ? 'a zebra, striped' : `this is text ${id}`));
  const one = await openOne({ schema: 'one', collection, hybrid: { alpha: 0.2 } });
  const several = await openParts({ collection, hybrid: { alpha: 0.2 } });
  const given = texts.map(
    (pageContent, i) => new Document({ pageContent, metadata: { third: i % 3 }, id: ids[i] }),
  );
  for (const store of [one, several]) {
    await store.addVectors(vectors, given);
    store.embeddings = {
      embedQuery: async () => queries[0] as number[],
      embedDocuments: async () => [],
    };
    const found = await store.similaritySearchWithScore('Which zebras?', 5);
    expect(idsOf(found)[0]).toBe('doc-40');
    // Without such words, by vectors alone.
    const near = await store.similaritySearchVectorWithScore(queries[0] as number[], 5);
    expect(idsOf(await store.similaritySearchWithScore('Which?', 5))).toEqual(idsOf(near));
    const [varied] = await store.maxMarginalRelevanceSearch('zebra', { k: 3 });
    expect(varied?.id).toBe('doc-40');
    expect(idsOf(await store.similaritySearchWithScore('zebra', 5, { third: 2 }))).not.toContain(
      'doc-40',
    );
  }
  const byVectors = await openParts({ collection, hybrid: false });
  byVectors.embeddings = several.embeddings;
  const near = await several.similaritySearchVectorWithScore(queries[0] as number[], 5);
  expect(idsOf(await byVectors.similaritySearchWithScore('zebra', 5))).toEqual(idsOf(near));
});

describe('a server that is away', () => {
  it('fails searches by its name, and is asked again when it is back', async () => {
    const [a, b] = pools() as [PgPool, PgPool];
    const second = switchable(b);
    const store = await openParts({ collection: randomUUID(), timeoutMs: 1500 }, [a, second]);
    await store.addVectors(vectors, documents);
    const search = (): Promise<unknown> =>
      store.similaritySearchVectorWithScore(queries[0] as number[], 5);
    const answers = await search();
    second.fault = lost;
    await expect(search()).rejects.toMatchObject({
      code: 'database-failed',
      message: expect.stringMatching(/^partitions\[1\]: .*ECONNREFUSED/),
    });
    second.fault = () => new Promise(() => undefined);
    await expect(search()).rejects.toThrow(
      /^partitions\[1\]: PostgreSQL: got no answer, .* 1500 ms/,
    );
    await expect(store.getByIds(ids)).rejects.toThrow(/^partitions\[1\]: /);
    second.fault = undefined;
    expect(await search()).toEqual(answers);
  });

  it('is told of where the rest is wanted', async () => {
    const [a, b] = (pools() as [PgPool, PgPool]).slice(0, 2).map(switchable) as [
      PgPool & Switch,
      PgPool & Switch,
    ];
    const told: (readonly PgPartitionFailure[])[] = [];
    const onPartial = (failures: readonly PgPartitionFailure[]): void => {
      told.push(failures);
    };
    const store = await openParts({ collection: randomUUID(), onPartial }, [a, b]);
    await store.addDocuments(documents.slice(0, 40));
    b.fault = lost;
    const found = await store.similaritySearchWithScore('text', 40);
    expect(new Set(idsOf(found))).toEqual(
      new Set(ids.slice(0, 40).filter((id) => partitionOf(id, 2) === 0)),
    );
    expect(told).toMatchObject([[{ partition: 1, error: { code: 'database-failed' } }]]);
    expect(await store.maxMarginalRelevanceSearch('text', { k: 3 })).toHaveLength(3);
    expect(told).toHaveLength(2);
    // What is wrong with the question is no matter of servers.
    await expect(store.similaritySearchVectorWithScore([1], 1)).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    a.fault = lost;
    await expect(store.similaritySearch('text')).rejects.toThrow(/^partitions\[0\]: /);
    expect(told).toHaveLength(2);
  });

  it('leaves changes of others alone', async () => {
    const [a, b] = pools() as [PgPool, PgPool];
    const second = switchable(b);
    const store = await openParts({ collection: randomUUID() }, [a, second]);
    await store.addVectors(vectors.slice(0, 9), documents.slice(0, 9));
    second.fault = lost;
    const id = ids.slice(9).find((each) => partitionOf(each, 2) === 0) as string;
    await store.addVectors([vectors[9] as number[]], [new Document({ pageContent: 'here', id })]);
    await store.delete({ ids: [id] });
    await expect(store.delete({ deleteAll: true })).rejects.toThrow(/^partitions\[1\]: /);
    second.fault = undefined;
    expect(await store.count()).toBe(9);
  });
});

describe('replicas', () => {
  it('answer searches in turn, and the server itself where one fails', async () => {
    const [a, b] = pools() as [PgPool, PgPool];
    const asked: string[] = [];
    const noting = (name: string): PgPool & Switch =>
      switchable(faulty(a, { after: (text) => text.includes('AS score') && asked.push(name) }));
    const [primary, first, second] = [noting('primary'), noting('first'), noting('second')];
    const store = await openParts({
      collection: randomUUID(),
      partitions: [{ pool: primary, replicas: [{ pool: first }, { pool: second }] }, { pool: b }],
    });
    await store.addVectors(vectors, documents);
    const search = (): Promise<unknown> =>
      store.similaritySearchVectorWithScore(queries[0] as number[], 5);
    const answers = await search();
    for (let i = 0; i < 3; i++) expect(await search()).toEqual(answers);
    expect(asked).toEqual(['first', 'second', 'first', 'second']);
    first.fault = lost;
    asked.length = 0;
    for (let i = 0; i < 4; i++) expect(await search()).toEqual(answers);
    // After that, it is left alone for a while.
    expect(asked.toSorted()).toEqual(['primary', 'second', 'second', 'second']);
    // Searches go on without the server itself.
    primary.fault = lost;
    expect(await search()).toEqual(answers);
    second.fault = lost;
    await expect(search()).rejects.toThrow(/^partitions\[0\]: .*ECONNREFUSED/);
  });
});
