import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import type { OpenOptions } from '../store/store-options.ts';
import { WordEmbeddings } from '../store/vector-store.suite.ts';
import { recoverStoreFile, verifyStoreFile } from './recover-file.ts';
import { driver } from './sqlite-drivers.suite.ts';

/** More of them where time is no matter. */
const damages = Number(process.env.BITRYOSHKA_DAMAGES ?? 75);
const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-verified-words-'));
afterAll(() => rmSync(folder, { recursive: true }));

const embeddings = new WordEmbeddings();
const random = seededRandom(3);
const integer = (end: number) => Math.floor(random() * end);
const vocabulary = Array.from({ length: 300 }, (_, i) => `word${i ** 3 % 977}`);
const text = () =>
  Array.from({ length: 15 }, () => vocabulary[integer(integer(300) + 1)]).join(' ');
const documents = (count: number, first = 0) =>
  Array.from(
    { length: count },
    (_, i) =>
      new Document({ pageContent: `${text()} readFile C++`, metadata: {}, id: `${first + i}` }),
  );

/** A hybrid store in a new file, that has lost and replaced documents as well. */
async function createFile(name: string, hybrid: OpenOptions['hybrid'] = true): Promise<string> {
  const file = join(folder, name);
  const store = await BinaryVectorStore.open(file, embeddings, { driver, hybrid });
  for (let i = 0; i < 8; i++) await store.addDocuments(documents(40, 30 * i));
  await store.delete({ ids: ['3', '120', '121'] });
  await store.settled();
  await store.close();
  return file;
}

/** Of a file: every place of every word, as FTS5 reads it, and what it finds of each. */
function postingsOf(file: string): string {
  const database = driver(file);
  try {
    database.exec("CREATE VIRTUAL TABLE temp.seen USING fts5vocab (main, 'words', 'instance')");
    const all = database.prepare('SELECT term, doc, "offset" FROM temp.seen').all();
    const find = database.prepare('SELECT rowid FROM words WHERE words MATCH ?');
    const found = vocabulary.map((word) => find.all(`"${word}"`));
    return JSON.stringify([all, found]);
  } catch (cause) {
    return String(cause);
  } finally {
    database.close();
  }
}

/** Where the blobs lie in the file that a query finds: those that are in one piece. */
function placesOf(file: string, whole: Buffer, sql: string): { at: number; length: number }[] {
  const database = driver(file);
  const found = database.prepare(sql).all() as { block: Uint8Array }[];
  database.close();
  return found.flatMap(({ block }) => {
    const at = whole.indexOf(block);
    return at < 0 || whole.indexOf(block, at + 1) >= 0 ? [] : [{ at, length: block.length }];
  });
}

describe('the words of a store in a file, verified', () => {
  it('are found to be whole, and the file stays as it was', async () => {
    const file = await createFile('whole.sqlite');
    const before = await readFile(file);
    expect(await verifyStoreFile(file, { driver })).toEqual({
      isWhole: true,
      problems: [],
      words: 'compared',
      recoverable: { documents: 247, withoutVectors: 0, lost: 0 },
    });
    expect(before.equals(await readFile(file))).toBe(true);
  });

  it('are whole where there are none yet, and where all have gone', async () => {
    const file = join(folder, 'none.sqlite');
    const open = () => BinaryVectorStore.open(file, embeddings, { driver, hybrid: true });
    const isWhole = { isWhole: true, problems: [], words: 'compared' };
    const empty = await open();
    await empty.close();
    expect(await verifyStoreFile(file, { driver })).toMatchObject(isWhole);
    const store = await open();
    await store.addDocuments(documents(30));
    await store.delete({ deleteAll: true });
    await store.compact();
    await store.close();
    expect(await verifyStoreFile(file, { driver })).toMatchObject(isWhole);
  });

  it('are found to be damaged wherever that changes what stands where', async () => {
    const file = await createFile('damaged.sqlite');
    const expected = postingsOf(file);
    const whole = await readFile(file);
    const places = placesOf(file, whole, 'SELECT block FROM words_data WHERE id > 1');
    expect(places.length).toBeGreaterThan(5);
    let [changed, found] = [0, 0];
    for (let i = 0; i < damages; i++) {
      const { at, length } = places[integer(places.length)] as (typeof places)[number];
      const damaged = Buffer.from(whole);
      const count = i % 4 === 0 ? integer(40) + 1 : 1;
      for (let j = 0; j < count; j++) {
        const place = at + integer(length);
        damaged[place] = (damaged[place] as number) ^ (1 << integer(8));
      }
      for (const end of ['-wal', '-shm']) await rm(`${file}${end}`, { force: true });
      await writeFile(file, damaged);
      const isChanged = postingsOf(file) !== expected;
      const { isWhole, problems } = await verifyStoreFile(file, { driver });
      expect(isWhole).toBe(problems.length === 0);
      if (isChanged) changed++;
      if (!isWhole) found++;
      expect([i, isChanged && isWhole]).toEqual([i, false]);
    }
    expect(changed).toBeGreaterThan(damages / 2);
    expect(found).toBeGreaterThanOrEqual(changed);
    const to = join(folder, 'recovered.sqlite');
    expect(await recoverStoreFile(file, to, { driver })).toMatchObject({ documents: 247 });
    expect(await verifyStoreFile(to, { driver })).toMatchObject({
      isWhole: true,
      words: 'compared',
    });
  }, 600_000);

  it('are compared by what they weigh as well', async () => {
    const file = await createFile('weights.sqlite');
    const whole = await readFile(file);
    const sizes = await changed(file, 'UPDATE words_docsize SET sz = ? WHERE id = 9', [99]);
    expect(sizes).toEqual(['the words of row 9: another count']);
    await writeFile(file, whole);
    const totals = await changed(file, 'UPDATE words_data SET block = ? WHERE id = 1', [1, 1]);
    expect(totals).toEqual(['the number of words: less than there are']);
  });

  it('of a function are compared where it is given', async () => {
    const tokenize = (given: string) => [...given.split(' '), '', 'x'.repeat(40_000)];
    const hybrid = { tokenize, fields: ['title'] };
    const file = await createFile('custom.sqlite', hybrid);
    const verify = (options?: OpenOptions['hybrid'] & object) =>
      verifyStoreFile(file, { driver, hybrid: options });
    expect(await verify()).toMatchObject({ isWhole: true, words: 'not-compared' });
    expect(await verify({ language: 'de' })).toMatchObject({ words: 'not-compared' });
    expect(await verify(hybrid)).toMatchObject({ isWhole: true, words: 'compared' });
    const other = await verify({ tokenize: (given) => given.split(',') });
    expect([other.isWhole, other.words]).toEqual([false, 'compared']);
  });

  it('are made anew after documents were added without them', async () => {
    const file = await createFile('without.sqlite');
    const open = (hybrid: boolean) => BinaryVectorStore.open(file, embeddings, { driver, hybrid });
    const without = await open(false);
    await without.addDocuments([new Document({ pageContent: 'uncommon', id: 'late' })]);
    await without.close();
    expect(await verifyStoreFile(file, { driver })).toMatchObject({ isWhole: true, words: 'none' });
    const again = await open(true);
    const found = await again.similaritySearch('uncommon', 1);
    await again.close();
    expect(found[0]?.id).toBe('late');
    expect(await verifyStoreFile(file, { driver })).toMatchObject({
      isWhole: true,
      words: 'compared',
    });
  });
});

/** What is wrong after a change of what FTS5 alone writes. */
async function changed(file: string, sql: string, bytes: readonly number[]): Promise<string[]> {
  const database = new DatabaseSync(file, { defensive: false });
  database.prepare(sql).run(Uint8Array.from(bytes));
  database.close();
  return [...(await verifyStoreFile(file, { driver })).problems];
}
