import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checksumOf } from '../durable/file-format.ts';
import { driver } from '../durable/sqlite-drivers.suite.ts';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { NamedEmbeddings } from './named-embeddings.suite.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';

const documents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => {
    const n = first + i;
    const pageContent = `number${n} of topic${n % 50} and theme${n % 7}`;
    return new Document({ pageContent, metadata: { n, even: n % 2 === 0 }, id: `${n}` });
  });
const entries = (store: BinaryVectorStore) => Array.from(store.entries());
const ids = (store: BinaryVectorStore) => entries(store).map(([id]) => id);
const query = 'number7 of topic7';
const answers = (store: BinaryVectorStore) =>
  store.similaritySearchWithScore(query, 10, { even: false });

/** Codes that a fit is soon done with: a depth that finds less is tried less far. */
const quick = {
  quantizer: { kind: 'median', bits: 32 },
  index: 'scan',
  targetRecall: 0.5,
} satisfies BinaryVectorStoreOptions;

let folder: string;
const opened: BinaryVectorStore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-reembed-'));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

const path = () => join(folder, 'store.sqlite');
async function open(embeddings: NamedEmbeddings, options: { readOnly?: boolean } = {}) {
  const store = await BinaryVectorStore.open(path(), embeddings, { driver, ...options });
  opened.push(store);
  return store;
}

const places = {
  memory: async (
    embeddings: NamedEmbeddings,
    options: Omit<BinaryVectorStoreOptions, 'similarity' | 'storage'> = {},
  ) => new BinaryVectorStore(embeddings, options),
  'a file': async (
    embeddings: NamedEmbeddings,
    options: Omit<BinaryVectorStoreOptions, 'similarity' | 'storage'> = {},
  ) => {
    const store = await BinaryVectorStore.open(path(), embeddings, { driver, ...options });
    opened.push(store);
    return store;
  },
};

/** A model that waits until it is let go, and the same without. */
function gated(dimensions = 48) {
  const model = new NamedEmbeddings('new', dimensions);
  let release: () => void = () => undefined;
  model.gate = new Promise((resolve) => {
    release = resolve;
  });
  return { model, release };
}

describe.each(Object.entries(places))('embedding anew, in %s', (place, create) => {
  it.each([
    { index: 'exact' },
    { quantizer: { kind: 'itq', bits: 16 }, index: 'scan', targetRecall: 0.8 },
    { index: 'graph', hybrid: true, targetRecall: 0.8 },
  ] satisfies BinaryVectorStoreOptions[])(
    'makes what a new store of the model would be: %j',
    async (options) => {
      const [old, model] = [new NamedEmbeddings('old', 32), new NamedEmbeddings('new', 48)];
      const store = await create(old, options);
      await store.addDocuments(documents(400));
      await store.settled();
      await store.delete({ ids: ['3', '4', '399'] });
      const before = entries(store);
      const progress: number[] = [];
      await store.reembed(model, {
        onProgress: ({ stage, done, total }) => {
          expect(stage).toBe('reembed');
          progress.push(done / total);
        },
      });
      expect(progress.at(-1)).toBe(1);
      expect(store.stats()).toMatchObject({ count: 397, dimensions: 48, index: options.index });
      expect(entries(store)).toEqual(before);
      expect(store.embeddings).toBe(model);
      expect(model.embedded).toBe(397);
      const fresh = new BinaryVectorStore(model, options);
      await fresh.addDocuments(before.map(([, document]) => document));
      await fresh.settled();
      const exact = { index: 'exact', hybrid: options.hybrid } as const;
      const truth = await BinaryVectorStore.fromDocuments(
        entries(store).map(([, each]) => each),
        model,
        exact,
      );
      expect((await answers(store))[0]).toEqual((await answers(truth))[0]);
      if (options.index === 'exact') expect(await answers(store)).toEqual(await answers(fresh));
      await store.addDocuments(documents(5, 400));
      expect(ids(store).slice(-2)).toEqual(['403', '404']);
      await expect(store.similaritySearch(query)).resolves.toHaveLength(4);
    },
  );

  it('lets searches and changes go on, which are in the result', async () => {
    const old = new NamedEmbeddings('old', 32);
    const store = await create(old);
    await store.addDocuments(documents(600));
    const expected = await answers(store);
    const { model, release } = gated();
    const done = store.reembed(model);
    expect(await answers(store)).toEqual(expected);
    await store.delete({ ids: ['1', '2'] });
    await store.addDocuments([
      ...documents(10, 600),
      new Document({ pageContent: 'another text', metadata: { n: 5, even: false }, id: '5' }),
    ]);
    const before = entries(store);
    expect(store.stats().dimensions).toBe(32);
    release();
    // Asked for before the new model has taken over, and made after it.
    const late = Promise.all([
      store.addDocuments(documents(1, 900)),
      store.addVectors(await old.embedDocuments(['x']), documents(1, 901)),
    ]);
    await done;
    await late;
    expect(entries(store).slice(0, before.length)).toEqual(before);
    expect(ids(store)).toHaveLength(before.length + 2);
    const fresh = await BinaryVectorStore.fromDocuments(
      entries(store).map(([, each]) => each),
      model,
    );
    expect(await store.similaritySearchWithScore('another text', 600)).toEqual(
      await fresh.similaritySearchWithScore('another text', 600),
    );
  });

  it('answers every search of a text by one model', async () => {
    const old = new NamedEmbeddings('old', 32);
    const store = await create(old);
    await store.addDocuments(documents(300));
    const model = new NamedEmbeddings('new', 48);
    const [first] = await store.similaritySearchWithScore('number7 of topic7 and theme0', 1);
    expect(first?.[1]).toBeCloseTo(1, 5);
    const done = store.reembed(model);
    let isDone = false;
    const noted = done.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const [found] = await store.similaritySearchWithScore('number7 of topic7 and theme0', 1);
      expect([found?.[0].id, found?.[1].toFixed(4)]).toEqual(['7', '1.0000']);
      await new Promise((resolve) => setTimeout(resolve));
    }
    await noted;
  });

  it('changes nothing when it fails, is aborted or is asked for twice', async () => {
    const old = new NamedEmbeddings('old', 32);
    const store = await create(old, quick);
    await store.addDocuments(documents(600));
    await store.settled();
    const expected = [entries(store), store.stats(), await answers(store)];
    const check = async () =>
      expect([entries(store), store.stats(), await answers(store)]).toEqual(expected);
    const failing = new NamedEmbeddings('new', 48);
    failing.gate = Promise.reject(new Error('no more tokens'));
    await expect(store.reembed(failing)).rejects.toThrow('no more tokens');
    await check();
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(
      store.reembed(new NamedEmbeddings('new', 48), { signal: controller.signal, onProgress }),
    ).rejects.toThrow('enough');
    await check();
    await expect(
      store.reembed(new NamedEmbeddings('new', 48), {
        onProgress: () => {
          throw new Error('from a callback');
        },
      }),
    ).rejects.toThrow('from a callback');
    await check();
    await expect(store.reembed(new NamedEmbeddings('new', 16))).rejects.toMatchObject({
      code: 'invalid-option',
    });
    await check();
    const { model, release } = gated();
    const going = store.reembed(model);
    await expect(store.reembed(model)).rejects.toMatchObject({ code: 'invalid-option' });
    release();
    await going;
    expect(store.stats().dimensions).toBe(48);
  });

  it('goes on where it was interrupted, with the same model', async () => {
    const old = new NamedEmbeddings('old', 32);
    const store = await create(old, quick);
    await store.addDocuments(documents(1300));
    await store.settled();
    const expected = await answers(store);
    const interrupt = async (name: string) => {
      const model = new NamedEmbeddings(name, 48);
      const controller = new AbortController();
      const onProgress = ({ done }: { done: number }) => {
        if (done >= 1024) controller.abort(new Error('enough'));
      };
      const { signal } = controller;
      await expect(store.reembed(model, { signal, onProgress })).rejects.toThrow('enough');
      return model.embedded;
    };
    expect(await interrupt('new')).toBe(1024);
    expect(await answers(store)).toEqual(expected);
    if (place === 'a file') {
      expect((await store.health()).advice.join()).toMatch(/interrupted: call store.reembed\(\)/);
    }
    // What went and came meanwhile.
    await store.delete({ ids: ['5', '6', '1200'] });
    await store.addDocuments([...documents(10, 3000), ...documents(1, 7)]);
    await store.settled();
    const before = entries(store);
    const model = new NamedEmbeddings('new', 48);
    await store.reembed(model);
    await store.settled();
    // And a text that tells how long vectors are.
    expect(model.embedded).toBe(1300 - 1024 - 1 + 11 + 1);
    expect([entries(store), store.stats().dimensions]).toEqual([before, 48]);
    const texts = before.map(([, each]) => each);
    const truth = await BinaryVectorStore.fromDocuments(texts, model, { index: 'exact' });
    for (const [id, { pageContent }] of [before[0], before[700], before.at(-1)] as typeof before) {
      const [best] = await store.similaritySearchWithScore(pageContent, 1);
      expect([best?.[0].id, best?.[1].toFixed(5)]).toEqual([id, '1.00000']);
    }
    const [found, exact] = [await answers(store), await answers(truth)];
    expect(found[0]).toEqual(exact[0]);
    expect((await store.health()).advice.join()).not.toMatch(/interrupted/);
    // What fails at once keeps what was done.
    await interrupt('again');
    const [offline, online] = [new NamedEmbeddings('again', 48), new NamedEmbeddings('again', 48)];
    offline.gate = Promise.reject(new Error('offline'));
    await expect(store.reembed(offline)).rejects.toThrow('offline');
    await store.reembed(online);
    expect(online.embedded).toBe(before.length - 1024 + 1);
    // Another model begins anew.
    await interrupt('third');
    const other = new NamedEmbeddings('fourth', 40);
    await store.reembed(other);
    expect([other.embedded, store.stats().dimensions]).toEqual([before.length, 40]);
  });

  it('works without documents, also where there were some', async () => {
    const store = await create(new NamedEmbeddings('old', 32));
    await store.reembed(new NamedEmbeddings('second', 40));
    await store.addDocuments(documents(3));
    await store.delete({ deleteAll: true });
    await store.reembed(new NamedEmbeddings('third', 48));
    await store.addDocuments(documents(30));
    expect(store.stats()).toMatchObject({ count: 30, dimensions: 48 });
    expect(await store.similaritySearch(query, 3)).toHaveLength(3);
  });
});

describe('embedding anew', () => {
  it('keeps other scores than cosines', async () => {
    const options = { similarity: 'dot' } as const;
    const model = new NamedEmbeddings('new', 48);
    const store = new BinaryVectorStore(new NamedEmbeddings('old', 32), options);
    await store.addDocuments(documents(40));
    await store.delete({ ids: ['3'] });
    await store.reembed(model);
    const fresh = new BinaryVectorStore(model, options);
    await fresh.addDocuments(documents(40));
    await fresh.delete({ ids: ['3'] });
    expect(await answers(store)).toEqual(await answers(fresh));
  });

  it('is saved with the model', async () => {
    const store = await BinaryVectorStore.fromDocuments(documents(20), new NamedEmbeddings('old'));
    const model = new NamedEmbeddings('new', 48);
    await store.reembed(model);
    await store.save(join(folder, 'store'));
    await expect(
      BinaryVectorStore.load(join(folder, 'store'), new NamedEmbeddings('old')),
    ).rejects.toMatchObject({ code: 'model-mismatch' });
    const again = await BinaryVectorStore.load(join(folder, 'store'), model);
    expect(await answers(again)).toEqual(await answers(store));
  });

  it('is in the file for who opens it again, and for who reads along', async () => {
    const [old, model] = [new NamedEmbeddings('old', 32), new NamedEmbeddings('new', 48)];
    const store = await open(old);
    await store.addDocuments(documents(900));
    await store.settled();
    const [reader, staying] = [
      await open(old, { readOnly: true }),
      await open(old, { readOnly: true }),
    ];
    await expect(reader.reembed(model)).rejects.toMatchObject({ code: 'not-supported' });
    await store.delete({ ids: ['10', '899'] });
    await store.reembed(model);
    await store.addDocuments(documents(5, 2000));
    await store.settled();
    await expect(staying.similaritySearch(query)).rejects.toMatchObject({ code: 'model-mismatch' });
    reader.embeddings = model;
    expect(await answers(reader)).toEqual(await answers(store));
    const expected = [entries(store), store.stats(), await answers(store)];
    await store.close();
    await expect(open(old)).rejects.toMatchObject({ code: 'model-mismatch' });
    const again = await open(model);
    expect([entries(again), again.stats(), await answers(again)]).toEqual(expected);
    await again.reembed(old);
    await again.settled();
    expect(again.stats()).toMatchObject({ count: 903, dimensions: 32 });
    await again.close();
    const database = driver(path());
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE name GLOB 'vectors*'")
      .all();
    const rows = database.prepare('SELECT count(*) AS count FROM vectors_2').get();
    database.close();
    expect([tables, rows]).toEqual([[{ name: 'vectors_2' }], { count: 903 }]);
  });

  it('leaves a file as it was when the process ends meanwhile', async () => {
    const old = new NamedEmbeddings('old', 32);
    const store = await open(old);
    await store.addDocuments(documents(1500));
    await store.settled();
    const expected = await answers(store);
    const model = new NamedEmbeddings('new', 48);
    const ended = store.reembed(model, {
      onProgress: () => {
        void store.close();
      },
    });
    await expect(ended).rejects.toMatchObject({ code: 'not-supported' });
    const again = await open(old);
    expect(await answers(again)).toEqual(expected);
    await again.reembed(model);
    await again.settled();
    expect(again.stats()).toMatchObject({ count: 1500, dimensions: 48 });
    // What was written before the end is not embedded again, but what was embedded then, and a text that tells the length.
    expect(model.embedded).toBe(1500 + 512 + 1);
  });

  it('never goes on in the vectors that are searched, whatever the settings say', async () => {
    const [old, model] = [new NamedEmbeddings('old', 32), new NamedEmbeddings('new', 48)];
    const store = await open(old);
    await store.addDocuments(documents(100));
    await store.close();
    const database = driver(path());
    const { value } = database.prepare('SELECT value FROM settings').get() as { value: string };
    const next = { generation: 0, dimensions: 48, model: 'new' };
    const text = JSON.stringify({ ...JSON.parse(value), next });
    database.prepare('UPDATE settings SET value = ?, checksum = ?').run(text, checksumOf(text));
    database.close();
    const again = await open(old);
    await again.reembed(model);
    expect(model.embedded).toBe(100);
    expect((await answers(again))[0]?.[0].id).toBe('7');
  });
});
