import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Document } from '@langchain/core/documents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importPeer } from '../../../../bench/peers/import-peer.mjs';
import { WordEmbeddings } from '../testing/index.ts';
import { fillFromLanceDB } from './fill-from-lancedb.ts';
import {
  emptyStore,
  expectMoved,
  expectRefusal,
  movedDocuments,
  movedVectors,
} from './moved-documents.suite.ts';

const lancedb = await importPeer('@lancedb/lancedb');
const arrow = lancedb && (await importPeer('apache-arrow', '@lancedb/lancedb'));
const community = lancedb && (await importPeer('@langchain/community/vectorstores/lancedb'));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-lancedb-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe.skipIf(!lancedb)('a table of LanceDB (needs it)', () => {
  const create = async (rows: object[]) =>
    (await lancedb.connect(directory)).createTable('passages', rows);

  it('with ids and a column of metadata', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const table = await create(
      movedDocuments.map(({ pageContent }, i) => ({
        id: ids[i],
        vector: movedVectors[i],
        text: pageContent,
        metadata: JSON.stringify(movedDocuments[i].metadata),
      })),
    );
    const store = emptyStore();
    expect(await fillFromLanceDB(store, table)).toEqual(ids);
    await expectMoved(store, ids);
  });

  it('with structs, lists and nulls in metadata', async () => {
    const table = await create([
      { vector: [1, 2], text: 'a', metadata: { tags: ['x', 'y'], loc: { page: 3 }, by: 'Ada' } },
      { vector: [3, 4], text: 'b', metadata: { tags: [], loc: { page: 4 }, by: null } },
    ]);
    const store = emptyStore();
    await fillFromLanceDB(store, table);
    expect([...store.entries()].map(([, { metadata }]) => metadata)).toEqual([
      { tags: ['x', 'y'], loc: { page: 3 }, by: 'Ada' },
      { tags: [], loc: { page: 4 } },
    ]);
  });

  it('by other names', async () => {
    const table = await create([{ key: 7, v: [1, 2], body: 'a', kind: 'cat', page: 3 }]);
    const store = emptyStore();
    const options = { id: 'key', vector: 'v', text: 'body', metadata: ['page', 'nothing'] };
    expect(await fillFromLanceDB(store, table, options)).toEqual(['7']);
    expect(await store.getByIds(['7'])).toMatchObject([
      { pageContent: 'a', metadata: { page: 3 } },
    ]);
  });

  it('of half floats', async () => {
    const { Field, FixedSizeList, Float16, Schema, Utf8 } = arrow;
    const type = new FixedSizeList(2, new Field('item', new Float16(), true));
    const schema = new Schema([new Field('vector', type), new Field('text', new Utf8())]);
    const connection = await lancedb.connect(directory);
    const table = await connection.createTable('half', [{ vector: [0.5, -2], text: 'a' }], {
      schema,
    });
    const store = emptyStore();
    await fillFromLanceDB(store, table);
    const [[, score]] = await store.similaritySearchVectorWithScore([0.5, -2], 1);
    expect(score).toBeCloseTo(1, 6);
  });

  it('is refused where names do not fit', async () => {
    const table = await create([{ vector: [1, 2], text: 'a' }]);
    const fill = (options: object) => fillFromLanceDB(emptyStore(), table, options);
    await expectRefusal(fill({ vector: 'v' }), 'invalid-option', /passages, row 0: got no vector/);
    await expectRefusal(fill({ text: 't' }), 'invalid-option', /got undefined for the text/);
    await expectRefusal(
      fill({ metadata: 'text' }),
      'invalid-option',
      /metadata that are no object/,
    );
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fill({ signal })).rejects.toThrow('enough');
  });
});

describe.skipIf(!community)('what LanceDB of LangChain stores (needs @lancedb/lancedb)', () => {
  it('with its metadata in columns', async () => {
    const theirs = new community.LanceDB(new WordEmbeddings(8), { uri: directory });
    const documents = movedDocuments.map(
      ({ pageContent }, i) => new Document({ pageContent, metadata: { number: i, kind: 'text' } }),
    );
    await theirs.addDocuments(documents);
    const table = await (await lancedb.connect(directory)).openTable('langchain');
    const store = emptyStore();
    await fillFromLanceDB(store, table);
    expect([...store.entries()].map(([, document]) => document)).toEqual(documents);
    const [found] = await store.similaritySearch('my dog sleeps all day', 1);
    expect(found.metadata).toEqual({ number: 4, kind: 'text' });
  });
});

it('refuses what is no table', async () => {
  for (const other of [undefined, null, {}, { query: 3 }]) {
    await expectRefusal(
      fillFromLanceDB(emptyStore(), other as never),
      'invalid-option',
      /got no table of LanceDB/,
    );
  }
});
