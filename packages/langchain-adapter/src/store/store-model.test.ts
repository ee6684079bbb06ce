import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { driver } from '../durable/sqlite-drivers.suite.ts';
import { recoverStore } from '../snapshot/recover-store.ts';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { NamedEmbeddings } from './named-embeddings.suite.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const [one, other, silent] = [
  new NamedEmbeddings('one'),
  new NamedEmbeddings('other'),
  new WordEmbeddings(),
];
const mismatch = { code: 'model-mismatch' };
const documents = ['a cat', 'a dog', 'a bird'].map((pageContent) => ({
  pageContent,
  metadata: {},
}));
const texts = (store: BinaryVectorStore) =>
  Array.from(store.entries(), ([, { pageContent }]) => pageContent);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-model-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the model of a store', () => {
  it('is compared before documents are added and texts are searched', async () => {
    const store = await BinaryVectorStore.fromDocuments(documents, one);
    store.embeddings = other;
    await expect(store.addDocuments(documents)).rejects.toMatchObject(mismatch);
    await expect(store.similaritySearch('cat')).rejects.toMatchObject(mismatch);
    await expect(store.similaritySearchWithScore('cat')).rejects.toMatchObject(mismatch);
    await expect(store.maxMarginalRelevanceSearch('cat', { k: 1 })).rejects.toThrow(
      /"other".*"one".*reembed/,
    );
    expect(texts(store)).toEqual(['a cat', 'a dog', 'a bird']);
    store.embeddings = one;
    expect((await store.similaritySearch('a cat', 1))[0]?.pageContent).toBe('a cat');
  });

  it('is told by a text, a promise or a function, and asked for once', async () => {
    let asked = 0;
    const tell = (fingerprint: unknown) => new NamedEmbeddings('one', 32, fingerprint);
    const store = await BinaryVectorStore.fromDocuments(documents, one);
    for (const same of [
      'one',
      Promise.resolve('one'),
      () => 'one',
      async () => {
        asked++;
        return 'one';
      },
    ]) {
      store.embeddings = tell(same);
      await store.addDocuments(documents);
      await store.similaritySearch('cat');
    }
    expect(asked).toBe(1);
    store.embeddings = tell(async () => 'two');
    await expect(store.addDocuments(documents)).rejects.toMatchObject(mismatch);
    const failing = tell(() => Promise.reject(new Error('no such model')));
    store.embeddings = failing;
    await expect(store.addDocuments(documents)).rejects.toThrow('no such model');
    expect(store.stats().count).toBe(15);
  });

  it('is not compared where embeddings do not tell, or nothing is there', async () => {
    const store = await BinaryVectorStore.fromDocuments(documents, one);
    for (const fingerprint of [undefined, '', 7, null]) {
      const each = new NamedEmbeddings('one', 32);
      Object.assign(each, { fingerprint });
      store.embeddings = each;
      await store.similaritySearch('cat');
    }
    store.embeddings = other;
    await store.delete({ deleteAll: true });
    await store.addDocuments(documents);
    store.embeddings = one;
    await expect(store.similaritySearch('cat')).rejects.toMatchObject(mismatch);
  });

  it('is kept in a folder, which without it takes the first', async () => {
    const path = join(folder, 'store');
    await (await BinaryVectorStore.fromDocuments(documents, one)).save(path);
    await expect(BinaryVectorStore.load(path, other)).rejects.toMatchObject(mismatch);
    await BinaryVectorStore.load(path, one);
    const unasked = await BinaryVectorStore.load(path, silent);
    await unasked.save(path);
    await expect(BinaryVectorStore.load(path, other)).rejects.toMatchObject(mismatch);
    const old = join(folder, 'old');
    await (await BinaryVectorStore.fromDocuments(documents, silent)).save(old);
    const unreachable = new NamedEmbeddings('one', 32, () => Promise.reject(new Error('offline')));
    expect((await BinaryVectorStore.load(old, unreachable)).stats().count).toBe(3);
    await (await BinaryVectorStore.load(old, one)).save(old);
    await expect(BinaryVectorStore.load(old, other)).rejects.toMatchObject(mismatch);
  });

  it('is kept when what is whole of a damaged folder is brought back', async () => {
    const path = join(folder, 'store');
    await (await BinaryVectorStore.fromDocuments(documents, one)).save(path);
    const manifest = JSON.parse(await readFile(join(path, 'bitryoshka.json'), 'utf8')) as {
      files: Record<string, { path: string }>;
    };
    const lines = join(path, (manifest.files['documents.jsonl'] as { path: string }).path);
    const written = await readFile(lines, 'utf8');
    await writeFile(lines, written.replace('a dog', 'a hog'));
    const whole = join(folder, 'whole');
    await recoverStore(path, whole);
    await expect(BinaryVectorStore.load(whole, other)).rejects.toMatchObject(mismatch);
    expect(texts(await BinaryVectorStore.load(whole, one))).toEqual(['a cat', 'a bird']);
  });

  it('is kept in a file, which without it takes the first', async () => {
    const path = join(folder, 'store.sqlite');
    const open = (embeddings: EmbeddingsInterface, readOnly = false) =>
      BinaryVectorStore.open(path, embeddings, { driver, readOnly });
    const closed = async (store: Promise<BinaryVectorStore>) => (await store).close();
    const store = await open(silent);
    await store.addDocuments(documents);
    await store.close();
    await closed(open(other, true));
    await closed(open(one));
    await expect(open(other)).rejects.toMatchObject(mismatch);
    await expect(open(other, true)).rejects.toMatchObject(mismatch);
    const again = await open(one);
    again.embeddings = other;
    await expect(again.addDocuments(documents)).rejects.toMatchObject(mismatch);
    await again.delete({ deleteAll: true });
    await again.addDocuments(documents);
    await again.close();
    await expect(open(one)).rejects.toMatchObject(mismatch);
    await closed(open(other));
  });
});
