import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { SeenSaves } from './seen-saves.ts';

let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'bitryoshka-seen-')), 'store');
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

const embeddings = new WordEmbeddings(8);
const load = () => BinaryVectorStore.load(directory, embeddings);
const add = (store: BinaryVectorStore, id: string) =>
  store.addDocuments([new Document({ pageContent: id, id })]);
const saved = async () => [...(await load()).entries()].map(([id]) => id);
const conflict = { code: 'write-conflict', message: expect.stringContaining('overwrite: true') };

it('a program that makes its store anew replaces what it saved before', async () => {
  for (const run of ['first', 'second', 'third']) {
    const store = await BinaryVectorStore.fromTexts([run], [], embeddings);
    await store.save(directory);
    await store.save(directory);
  }
  expect((await (await load()).similaritySearch('third', 9)).map((d) => d.pageContent)).toEqual([
    'third',
  ]);
});

it('a store that was loaded goes on to be saved, also by another path and after its folder is gone', async () => {
  const first = new BinaryVectorStore(embeddings);
  await add(first, 'a');
  await first.save(directory);
  const store = await load();
  await add(store, 'b');
  await store.save(directory);
  await store.save(join(directory, '..', 'store'));
  await store.save(join(directory, '..', 'copy'));
  await store.save(directory);
  await rm(directory, { recursive: true });
  await store.save(directory);
  expect(await saved()).toEqual(['a', 'b']);
});

it('of two stores, the later does not replace what it has not seen, unless it is told to', async () => {
  const [one, other] = [new BinaryVectorStore(embeddings), new BinaryVectorStore(embeddings)];
  await add(one, 'one');
  await add(other, 'other');
  await one.save(directory);
  await expect(other.save(directory)).rejects.toMatchObject(conflict);
  expect(await saved()).toEqual(['one']);
  await other.save(directory, { overwrite: true });
  expect(await saved()).toEqual(['other']);
  await expect(one.save(directory)).rejects.toMatchObject(conflict);
  await other.save(directory);
  expect(await saved()).toEqual(['other']);
});

it('of two that have loaded the same, only the first is saved', async () => {
  await (await BinaryVectorStore.fromTexts(['a'], [], embeddings)).save(directory);
  const [one, other] = [await load(), await load()];
  const saves = await Promise.allSettled([one.save(directory), other.save(directory)]);
  expect(saves.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(saves.find(({ status }) => status === 'rejected')).toMatchObject({ reason: conflict });
});

it('loses nothing that was acknowledged, however many load and save at once', async () => {
  await new BinaryVectorStore(embeddings).save(directory);
  const acknowledged: string[] = [];
  let refused = 0;
  const work = async (writer: string) => {
    for (let i = 0; i < 20; i++) {
      const store = await load();
      await add(store, `${writer} ${i}`);
      await store.save(directory).then(
        () => acknowledged.push(`${writer} ${i}`),
        (error: unknown) => {
          expect(error).toMatchObject(conflict);
          refused++;
        },
      );
    }
  };
  await Promise.all(['a', 'b', 'c'].map(work));
  expect((await saved()).sort()).toEqual(acknowledged.sort());
  expect([acknowledged.length > 0, refused > 0]).toEqual([true, true]);
  expect(await readdir(directory)).toHaveLength(3);
});

it('a folder that is not what the store has left there is not replaced, however old', async () => {
  const old = new BinaryVectorStore(embeddings);
  await add(old, 'old');
  const elsewhere = join(directory, '..', 'elsewhere');
  await old.save(elsewhere);
  const store = new BinaryVectorStore(embeddings);
  await add(store, 'new');
  await store.save(directory);
  await rm(directory, { recursive: true });
  await cp(elsewhere, directory, { recursive: true });
  await expect(store.save(directory)).rejects.toMatchObject(conflict);
  expect(await saved()).toEqual(['old']);
});

it('tells what is younger by the clock where another process has saved', () => {
  const seen = new SeenSaves();
  const now = Date.now();
  const replaces = (savedAt: number | undefined) => () =>
    seen.checkReplace('folder', { generation: 'another', savedAt });
  expect(replaces(undefined)).not.toThrow();
  expect(replaces(now - 1000)).not.toThrow();
  expect(replaces(now + 3_600_000)).not.toThrow();
  while (Date.now() < now + 3);
  expect(replaces(now + 2)).toThrow(expect.objectContaining(conflict));
});
