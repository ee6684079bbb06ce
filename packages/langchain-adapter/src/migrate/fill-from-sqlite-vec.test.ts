import { Document } from '@langchain/core/documents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../../bench/peers/open-sqlite.mjs';
import { hasSqlite, openSqlite } from '../../../../bench/peers/open-sqlite.mjs';
import { fillFromSqliteVec } from './fill-from-sqlite-vec.ts';
import {
  emptyStore,
  expectMoved,
  expectRefusal,
  movedDocuments,
  movedVectors,
} from './moved-documents.suite.ts';

const blobOf = (vector: readonly number[]) => Buffer.from(Float32Array.from(vector).buffer);

describe.skipIf(!hasSqlite)('a table (needs sqlite-vec, and better-sqlite3 or Node 22.13)', () => {
  let database: Database;
  beforeEach(async () => {
    database = await openSqlite();
  });
  afterEach(() => database.close());

  /** All documents in a table, by its columns. */
  function insert(table: string, columns: string, valuesOf: (i: number) => unknown[]): void {
    const marks = columns.replace(/[^,]+/g, '?');
    const statement = database.prepare(`insert into ${table}(${columns}) values (${marks})`);
    for (const i of movedDocuments.keys()) statement.run(...valuesOf(i));
  }

  it('of vec0, with columns by their usual names', async () => {
    database.exec(
      'create virtual table passages using vec0(embedding float[8], +text text, +metadata text)',
    );
    insert('passages', 'rowid, embedding, text, metadata', (i) => [
      BigInt(i + 1),
      blobOf(movedVectors[i]),
      movedDocuments[i].pageContent,
      JSON.stringify(movedDocuments[i].metadata),
    ]);
    const store = emptyStore();
    const ids = ['1', '2', '3', '4', '5'];
    expect(await fillFromSqliteVec(store, database, { table: 'passages' })).toEqual(ids);
    await expectMoved(store, ids);
  });

  it('by other names, with ids of its own and metadata in columns', async () => {
    database.exec(
      'create table "the ""docs""" (key text, vec blob, "my text" text, kind text, age real)',
    );
    insert('"the ""docs"""', 'key, vec, "my text", kind, age', (i) => {
      const { pageContent, metadata } = movedDocuments[i];
      const { kind = null, age = null } = metadata as { kind?: string; age?: number };
      return [`key ${i}`, blobOf(movedVectors[i]), pageContent, kind, age];
    });
    const store = emptyStore();
    await fillFromSqliteVec(store, database, {
      table: 'the "docs"',
      id: 'key',
      vector: 'vec',
      text: 'my text',
      metadata: ['kind', 'age'],
    });
    const [first, last] = await store.getByIds(['key 0', 'key 4']);
    expect([first.metadata, last.metadata]).toEqual([{ kind: 'cat' }, { kind: 'dog', age: 12.5 }]);
  });

  it('that is a view of two', async () => {
    database.exec('create virtual table vectors using vec0(embedding float[8])');
    database.exec('create table texts(number integer primary key, body text, extra text)');
    insert('vectors', 'rowid, embedding', (i) => [BigInt(i + 7), blobOf(movedVectors[i])]);
    insert('texts', 'number, body, extra', (i) => [
      BigInt(i + 7),
      movedDocuments[i].pageContent,
      JSON.stringify(movedDocuments[i].metadata),
    ]);
    database.exec(
      'create temp view moved as select number as id, body as text, extra as metadata, embedding from texts join vectors on vectors.rowid = texts.number order by number',
    );
    const store = emptyStore();
    await fillFromSqliteVec(store, database, { table: 'moved', id: 'id' });
    await expectMoved(store, ['7', '8', '9', '10', '11']);
  });

  it('with vectors as JSON, no ids and no metadata', async () => {
    database.exec('create table rows(key text, embedding text, text text)');
    insert('rows', 'key, embedding, text', (i) => [
      null,
      JSON.stringify(movedVectors[i]),
      movedDocuments[i].pageContent,
    ]);
    const store = emptyStore();
    await fillFromSqliteVec(store, database, { table: 'rows', id: 'key', metadata: [] });
    expect([...store.entries()].map(([, document]) => document)).toEqual(
      movedDocuments.map(({ pageContent }) => new Document({ pageContent, metadata: {} })),
    );
  });

  it('that is empty', async () => {
    database.exec('create table rows(embedding blob, text text, metadata text)');
    expect(await fillFromSqliteVec(emptyStore(), database, { table: 'rows' })).toEqual([]);
  });

  it('is refused where its names or what it holds do not fit, and the database goes on', async () => {
    database.exec(
      'create virtual table v using vec0(embedding float[8], small int8[8], bits bit[256], +text text, +metadata text)',
    );
    database
      .prepare(
        'insert into v(embedding, small, bits, text, metadata) values (?, vec_int8(?), vec_bit(?), ?, ?)',
      )
      .run(blobOf(movedVectors[0]), Buffer.alloc(8), Buffer.alloc(32), 'text', 'no JSON');
    const fill = (options: object) =>
      fillFromSqliteVec(emptyStore(), database, { table: 'v', ...options });
    for (const [options, code, part] of [
      [{ table: 'nothing' }, 'invalid-option', /no such table: nothing/],
      [{ table: '' }, 'invalid-option', /table: got "", expected a name/],
      [{ text: 'metadatum' }, 'invalid-option', /no such column: t\.metadatum/],
      [{ metadata: 'text; drop table v' }, 'invalid-option', /no such column/],
      [{ metadata: [3] }, 'invalid-option', /metadata: got \[3\], expected a name/],
      [{ vector: 'small' }, 'not-supported', /vectors of int8, expected float32/],
      [{ vector: 'bits' }, 'not-supported', /vectors of bit, expected float32/],
      [{}, 'invalid-option', /row 0: got metadata that are no object/],
      [{ vector: 'text', metadata: [] }, 'invalid-option', /row 0: got no vector of numbers/],
    ] as const) {
      await expectRefusal(fill(options), code, part);
    }
    await fill({ metadata: [] });
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(fill({ metadata: [], signal: controller.signal })).rejects.toThrow('enough');
    expect(database.prepare('select count(*) as n from v').get()).toMatchObject({ n: 1 });
  });
});
