import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BinaryIndex, fitQuantizer, saveIndex } from '@bitryoshka/core';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { describe, expect, it } from 'vitest';
import { main } from '../main.ts';
import type { Inspected } from '../stores/inspect-path.ts';
import { sqliteDriver } from '../stores/open-sqlite.ts';
import { hasSqlite, inFolderWithSqlite } from '../stores/sqlite-libraries.suite.ts';
import { captureOutput } from '../terminal/capture-output.suite.ts';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';

const output = captureOutput();
const folder = temporaryFolder();
inFolderWithSqlite();

const texts = ['one', 'two', 'three'];
const rows = Array.from({ length: 40 }, (_, i) =>
  Array.from({ length: 8 }, (_value, j) => Math.sin(i * (j + 1))),
);
const embeddings = {
  embedDocuments: async (all: string[]) => all.map((_, i) => [1, i, 0]),
  embedQuery: async () => [1, 1, 0],
};

describe('inspect', () => {
  it('knows a quantizer', async () => {
    const quantizer = await fitQuantizer(rows, { kind: 'itq', bits: 6 });
    const path = join(folder.path, 'q.safetensors');
    await writeFile(path, quantizer.save());
    const inspected = await inspect(path);
    expect(inspected).toMatchObject({ kind: 'quantizer', version: 1 });
    expect(inspected.facts).toMatchObject({ kind: 'itq', inputDimensions: 8, bits: 6 });
    output.printed = '';
    await main(['node', 'bitryoshka', 'inspect', path]);
    expect(output.printed).toMatch(/q\.safetensors: quantizer, version 1 of the format, .* kB\n/);
    expect(output.printed).toMatch(/ {2}bits +6\n/);
  });

  it('knows an index, and the quantizer in it', async () => {
    const quantizer = await fitQuantizer(rows, { kind: 'itq', bits: 6 });
    const index = new BinaryIndex({ dimensions: 8, quantizer });
    index.add(rows);
    const path = join(folder.path, 'i.safetensors');
    await writeFile(path, saveIndex(index));
    const inspected = await inspect(path);
    expect(inspected).toMatchObject({ kind: 'index', version: 1 });
    expect(inspected.facts).toMatchObject({ rows: 40, dimensions: 8, quantizer: 'itq', bits: 6 });
    expect(inspected.parts.find(({ name }) => name === 'codes')).toMatchObject({ bytes: 320 });
  });

  it('knows a store that was saved', async () => {
    const saved = join(folder.path, 'store');
    await (await BinaryVectorStore.fromTexts(texts, [], embeddings)).save(saved);
    const inspected = await inspect(saved);
    expect(inspected).toMatchObject({ kind: 'store', version: 2 });
    expect(inspected.facts).toMatchObject({ documents: 3, dimensions: 3 });
    expect(inspected.bytes).toBe(inspected.parts.reduce((sum, { bytes = 0 }) => sum + bytes, 0));
  });

  it.runIf(hasSqlite)('knows a store in a file, and refuses other databases', async () => {
    const file = join(folder.path, 'store.sqlite');
    const driver = await sqliteDriver(file);
    const store = await BinaryVectorStore.open(file, embeddings, { driver });
    await store.addDocuments(texts.map((pageContent) => ({ pageContent, metadata: {} })));
    await store.close();
    const opened = await inspect(file);
    expect(opened).toMatchObject({ kind: 'store in a file', version: 1 });
    expect(opened.facts).toMatchObject({ documents: 3, dimensions: 3 });
    expect(opened.parts).toContainEqual({ name: 'documents', what: '3 rows' });

    const other = join(folder.path, 'other.sqlite');
    const database = driver(other);
    database.exec('CREATE TABLE birds (name TEXT)');
    database.close();
    await expectRefused(other);
  });

  it('refuses anything else', async () => {
    const text = await folder.write('notes.txt', 'Only a text, and a rather long one.');
    for (const path of [text, await folder.write('empty', ''), join(folder.path, 'none')]) {
      await expectRefused(path);
    }
  });

  it('says so of a folder without a store', async () => {
    await folder.write('notes.md', '# Notes');
    await main(['node', 'bitryoshka', 'inspect', folder.path]);
    expect(output.complained).toMatch(/got a folder without a store/);
    expect(process.exitCode).toBe(1);
  });
});

async function expectRefused(path: string): Promise<void> {
  output.complained = '';
  process.exitCode = undefined;
  await main(['node', 'bitryoshka', 'inspect', path]);
  expect(output.complained, path).toMatch(/^bitryoshka: .*(of another format|ENOENT)/);
  expect(process.exitCode).toBe(1);
}

async function inspect(path: string): Promise<Inspected> {
  output.printed = '';
  await main(['node', 'bitryoshka', 'inspect', path, '--json']);
  return JSON.parse(output.printed) as Inspected;
}
