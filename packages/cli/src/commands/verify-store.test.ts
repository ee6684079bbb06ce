import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { BinaryStore } from '@bitryoshka/langchain/langgraph';
import { WordEmbeddings } from '@bitryoshka/langchain/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../main.ts';
import { sqliteDriver } from '../stores/open-sqlite.ts';
import { hasSqlite, inFolderWithSqlite } from '../stores/sqlite-libraries.suite.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';

let folder: string;
let file: string;
const output = captureOutput();
inFolderWithSqlite();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-verify-'));
  file = join(folder, 'pets.sqlite');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const embeddings = new WordEmbeddings(8);
const verify = (path: string, ...options: string[]) =>
  main(['node', 'bitryoshka', 'verify', path, ...options]);

async function createFile(): Promise<void> {
  const driver = await sqliteDriver(file);
  const store = await BinaryVectorStore.open(file, embeddings, { driver, hybrid: true });
  const texts = ['a cat sleeps', 'a dog barks', 'a bird sings'];
  await store.addDocuments(texts.map((pageContent) => ({ pageContent, metadata: {} })));
  await store.close();
}

describe.skipIf(!hasSqlite)('a store in a file (needs a library of SQLite)', () => {
  it('is whole', async () => {
    await createFile();
    await verify(file);
    expect(output.printed).toMatch(/pets\.sqlite: whole, 3 documents\n$/);
    expect(process.exitCode).toBeUndefined();
  });

  it('is damaged, and what is left of it is brought back', async () => {
    await createFile();
    const bytes = await readFile(file, 'latin1');
    await writeFile(file, bytes.replace('a dog barks', 'a dog likes'), 'latin1');
    await verify(file);
    expect(process.exitCode).toBe(1);
    expect(output.printed).toMatch(
      /pets\.sqlite: damaged\n {2}the document of row 1: another checksum\nrecoverable: 2 documents; 1 lost/,
    );
    process.exitCode = undefined;
    const to = join(folder, 'recovered.sqlite');
    await verify(file, '--recover', to);
    expect(process.exitCode).toBeUndefined();
    expect(output.printed).toMatch(/recovered\.sqlite: 2 documents\n/);
    output.printed = '';
    await verify(to, '--json');
    expect(JSON.parse(output.printed)).toEqual({
      isWhole: true,
      problems: [],
      words: 'compared',
      recoverable: { documents: 2, withoutVectors: 0, lost: 0 },
    });
  });

  it('of LangGraph is told by its items', async () => {
    const store = await BinaryStore.open(file, { driver: await sqliteDriver(file), embeddings });
    await store.put(['pets'], 'cat', { text: 'sleeps' });
    await store.close();
    await verify(file);
    expect(output.printed).toMatch(/pets\.sqlite: whole, 1 document of 1 item\n$/);
  });

  it('is none where another program has made the database', async () => {
    const database = (await sqliteDriver(file))(file);
    database.exec('CREATE TABLE notes (text)');
    database.close();
    await verify(file);
    expect(output.complained).toMatch(/^bitryoshka: .*a database of another program/);
    expect(process.exitCode).toBe(1);
  });
});
