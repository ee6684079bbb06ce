import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { WordEmbeddings } from '@bitryoshka/langchain/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasSqlite, openSqlite } from '../../../../bench/peers/open-sqlite.mjs';
import { main } from '../main.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const fixtures = here('../../../langchain-adapter/src/migrate/fixtures');

let folder: string;
let out: string;
const output = captureOutput();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-migrate-'));
  out = join(folder, 'store');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const migrate = (source: string, ...options: string[]) =>
  main(['node', 'bitryoshka', 'migrate', source, out, ...options]);
const load = () => BinaryVectorStore.load(out, new WordEmbeddings(8));

it.each([
  ['hnswlib', 'HNSWLib', undefined],
  ['faiss', 'FaissStore', 'e'],
])('moves a folder of %s', async (name, kind, id) => {
  await migrate(join(fixtures, name));
  expect(output.printed).toMatch(/store: 5 documents of 8 dimensions from .* searched by exact/);
  expect(output.printed).toContain(`(${kind})`);
  const [found] = await (await load()).similaritySearch('my dog sleeps all day', 1);
  expect(found).toMatchObject({ metadata: { kind: 'dog', age: 12.5 } });
  expect(found.id).toBe(id);
});

it('prints an object as JSON', async () => {
  await migrate(join(fixtures, 'faiss'), '--json');
  expect(JSON.parse(output.printed)).toEqual({
    kind: 'FaissStore',
    documents: 5,
    dimensions: 8,
    index: 'exact',
  });
});

describe.skipIf(!hasSqlite)('a SQLite file (needs better-sqlite3 or Node 22.13)', () => {
  beforeEach(async () => {
    // Where the libraries are installed.
    vi.spyOn(process, 'cwd').mockReturnValue(here('../../../../bench/peers'));
    const database = await openSqlite(join(folder, 'notes.db'));
    database.exec(
      'create virtual table passages using vec0(embedding float[8], +text text, +kind text, +page integer)',
    );
    const texts = ['the cat sleeps on the sofa', 'a dog barks', 'another dog'];
    const vectors = await new WordEmbeddings(8).embedDocuments(texts);
    const insert = database.prepare(
      'insert into passages(embedding, text, kind, page) values (?, ?, ?, ?)',
    );
    for (const [i, text] of texts.entries()) {
      insert.run(Buffer.from(Float32Array.from(vectors[i]).buffer), text, 'note', BigInt(i));
    }
    database.close();
  });

  it('is moved by the names of its columns', async () => {
    const options = ['--table', 'passages', '--metadata', 'kind,page'];
    await migrate(join(folder, 'notes.db'), ...options);
    expect(output.complained).toBe('');
    const [found] = await (await load()).similaritySearch('a dog barks', 1);
    expect(found).toMatchObject({ id: '2', metadata: { kind: 'note', page: 1 } });
  });

  it('is refused without a table, or with names that are not there', async () => {
    await migrate(join(folder, 'notes.db'));
    expect(output.complained).toMatch(/--table: got none/);
    output.complained = '';
    await migrate(join(folder, 'notes.db'), '--table', 'passages');
    expect(output.complained).toMatch(/no such column: t\.metadata/);
    expect(await readdir(folder)).toEqual(['notes.db']);
  });
});

describe('refuses, in a sentence,', () => {
  afterEach(() => {
    expect(process.exitCode).toBe(1);
    expect(output.complained).toMatch(/^bitryoshka: /);
  });

  it('what is not there', async () => {
    await migrate(join(folder, 'none'));
    expect(output.complained).toMatch(/got nothing that can be read \(ENOENT\)/);
  });

  it('a folder or a file of something else', async () => {
    await migrate(folder);
    expect(output.complained).toMatch(/a folder without hnswlib\.index or faiss\.index/);
    await writeFile(join(folder, 'notes.txt'), 'text');
    await migrate(join(folder, 'notes.txt'));
    expect(output.complained).toMatch(/a file that is no SQLite database/);
  });

  it('to replace what is there', async () => {
    await cp(join(fixtures, 'faiss'), out, { recursive: true });
    await migrate(join(fixtures, 'hnswlib'));
    expect(output.complained).toMatch(/got something that is there already/);
    expect(await readdir(out)).toEqual(['docstore.json', 'faiss.index']);
  });

  it('columns for a folder', async () => {
    await migrate(join(fixtures, 'hnswlib'), '--text', 'body');
    expect(output.complained).toMatch(/--text: got a column or table beside a folder of HNSWLib/);
  });
});
