import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import v8 from 'node:v8';
import type { Matrix } from '@bitryoshka/core';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { noEmbeddings } from '../stores/no-embeddings.ts';
import { sqliteDriver } from '../stores/open-sqlite.ts';
import { hasSqlite, inFolderWithSqlite } from '../stores/sqlite-libraries.suite.ts';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';
import { encodeNpy } from './npy.ts';
import {
  readDocumentBlocks,
  readDocumentVectors,
  readRetrievalTask,
} from './read-document-vectors.ts';

const folder = temporaryFolder();
inFolderWithSqlite();

/** Exact in float16, and of unit length as stores keep it. */
const rows = [
  [1, 0, 0],
  [0, -1, 0],
  [0, 0, 1],
  [0.5, -0.5, 2 ** -0.5],
];
const halves = rows.slice(0, 3);
const ids = ['a', 'b', 'c', 'd'];

describe('formats', () => {
  it.each([
    ['<f4', 1],
    ['<f4', 2],
    ['<f4', 3],
    ['<f8', 1],
    ['>f4', 1],
    ['>f8', 1],
  ])('reads .npy of %s in version %d', async (type, version) => {
    const path = await writeNpy('v.npy', { type, version, rows });
    const { vectors, ids: numbers } = await readDocumentVectors(path);
    expectRows(vectors, rows);
    expect(numbers).toEqual(['0', '1', '2', '3']);
  });

  it.each(['<f2', '>f2'])('reads .npy of %s', async (type) => {
    const path = await writeNpy('v.npy', { type, rows: halves });
    expectRows((await readDocumentVectors(path)).vectors, halves);
  });

  it('reads .npy in blocks, also where a vector lies in two pieces', async () => {
    const columns = 1000;
    const many = Array.from({ length: 2500 }, (_, i) => Array.from({ length: columns }, () => i));
    const path = await writeNpy('v.npy', { type: '<f4', rows: many });
    const firsts: number[] = [];
    const blocks: number[] = [];
    for await (const block of readDocumentBlocks(path)) {
      blocks.push(block.rows);
      for (let i = 0; i < block.rows; i++) {
        firsts.push(block.data[i * columns] as number, block.data[(i + 1) * columns - 1] as number);
      }
    }
    expect(blocks.length).toBeGreaterThan(2);
    expect(firsts).toEqual(many.flatMap((_, i) => [i, i]));
  });

  it('reads lines of lists, and of objects with ids', async () => {
    const lists = await folder.write('v.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
    expectRows((await readDocumentVectors(lists)).vectors, rows);
    const objects = rows.map((vector, i) => JSON.stringify({ _id: ids[i], text: 'é', vector }));
    const path = await folder.write('v.ndjson', `${objects.join('\r\n')}\r\n\r\n`);
    const read = await readDocumentVectors(path);
    expectRows(read.vectors, rows);
    expect(read.ids).toEqual(ids);
    const other = await folder.write('o.jsonl', '{ "embedding": [1], "mine": [2, 3] }');
    expectRows((await readDocumentVectors(other)).vectors, [[1]]);
    expectRows((await readDocumentVectors(other, { column: 'mine' })).vectors, [[2, 3]]);
  });

  it('reads many lines, of which some lie in two pieces', async () => {
    const many = Array.from({ length: 1500 }, (_, i) => [
      i,
      ...Array.from({ length: 600 }, () => 0.12345),
    ]);
    const path = await folder.write('v.jsonl', many.map((row) => JSON.stringify(row)).join('\n'));
    expectRows((await readDocumentVectors(path)).vectors, many);
  });

  it('reads columns of Parquet, group by group', async () => {
    const path = await writeParquet('v.parquet', [
      { name: 'id', data: ids },
      { name: 'embedding', data: rows },
    ]);
    const read = await readDocumentVectors(path);
    expectRows(read.vectors, rows);
    expect(read.ids).toEqual(ids);
    const sizes: number[] = [];
    for await (const block of readDocumentBlocks(path)) sizes.push(block.rows);
    expect(sizes).toEqual([3, 1]);
    const other = await writeParquet('o.parquet', [{ name: 'mine', data: rows }]);
    expectRows((await readDocumentVectors(other, { column: 'mine' })).vectors, rows);
  });

  it('reads a saved store, without what was deleted', async () => {
    const path = join(folder.path, 'store');
    const store = new BinaryVectorStore(noEmbeddings);
    await fill(store);
    await store.save(path);
    await store.close();
    expectRows((await readDocumentVectors(path)).vectors, rows.slice(1));
  });

  it.runIf(hasSqlite)('reads the file of a store, and leaves it as it is', async () => {
    const path = join(folder.path, 'store.db');
    const store = await BinaryVectorStore.open(path, noEmbeddings, {
      driver: await sqliteDriver(path),
    });
    await fill(store);
    await store.close();
    expectRows((await readDocumentVectors(path)).vectors, rows.slice(1));
  });

  it('still reads pairs, by either name', async () => {
    const path = await writePair('v', rows);
    for (const name of [path, `${path}.f32`, `${path}.json`]) {
      expectRows((await readDocumentVectors(name)).vectors, rows);
    }
  });

  it('writes codes as NumPy reads them', () => {
    const [header, data] = encodeNpy(2, 3, [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)]);
    const text = Buffer.from(header as Uint8Array).toString('latin1');
    expect(text.length % 64).toBe(0);
    expect(text.startsWith('\x93NUMPY\x01\x00')).toBe(true);
    expect(text.charCodeAt(8)).toBe(text.length - 10);
    expect(text.slice(10)).toMatch(
      /^\{'descr': '\|u1', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/,
    );
    expect([...(data as Uint8Array)]).toEqual([1, 2, 3]);
  });
});

describe('BEIR folders', () => {
  it('takes the ids of the texts for vectors without', async () => {
    await writeTask();
    await writeNpy('set/model/corpus.npy', { type: '<f4', rows });
    await writeNpy('set/model/queries.npy', { type: '<f2', rows: halves });
    const task = await readRetrievalTask(join(folder.path, 'set'), { vectors: 'model' });
    expect(task.documentIds).toEqual(ids);
    expect(task.queryIds).toEqual(['q1']);
    expectRows(task.queries, [halves[1] as number[]]);
    await folder.write('set/corpus.jsonl', '{ "_id": "a" }');
    await expect(readRetrievalTask(join(folder.path, 'set'), { vectors: 'model' })).rejects.toThrow(
      /corpus\.npy: got 4 vectors without ids, expected 1, as .*corpus\.jsonl has/,
    );
  });

  it('takes those of lines and columns', async () => {
    await writeTask();
    const lines = rows.map((embedding, i) => JSON.stringify({ id: ids[i], embedding }));
    await folder.write('set/model/corpus.jsonl', lines.join('\n'));
    await writeParquet('set/model/queries.parquet', [
      { name: '_id', data: ['q0', 'q1'] },
      { name: 'vector', data: rows.slice(0, 2) },
    ]);
    const task = await readRetrievalTask(join(folder.path, 'set'), { vectors: 'model' });
    expect([task.documentIds, task.queryIds]).toEqual([ids, ['q1']]);
  });

  it('says which subfolders have vectors', async () => {
    await writeTask();
    await writeNpy('set/model/corpus.npy', { type: '<f4', rows });
    await expect(readDocumentVectors(join(folder.path, 'set'))).rejects.toThrow(
      /set: got a folder that is no store, .*pass --vectors model\./,
    );
  });
});

describe('refuses', () => {
  it.each([
    [{ type: '<i4' }, /got values of the type <i4, expected an array of float16/],
    [{ type: '|O' }, /got values of the type \|O/],
    [{ fortran: true }, /got an array in Fortran order/],
    [{ shape: '12,' }, /got an array of the shape \(12,\)/],
    [{ shape: '2, 2, 3' }, /got an array of the shape \(2, 2, 3\)/],
    [{ shape: '4, 0' }, /got an array of the shape \(4, 0\)/],
    [{ version: 4 }, /got version 4 of the format/],
    [{ shape: '5, 3' }, /got \d+ bytes, expected \d+: 5 vectors of 3 <f4/],
    [{ shape: '3, 3' }, /got \d+ bytes, expected \d+: 3 vectors of 3 <f4/],
  ])('.npy with %j', async (change, message) => {
    const path = await writeNpy('v.npy', { type: '<f4', rows, ...change });
    await expect(readDocumentVectors(path)).rejects.toThrow(message);
  });

  it('.npy that is cut off in its header, that is none, or that is not there', async () => {
    const path = await writeNpy('v.npy', { type: '<f4', rows });
    await truncate(path, 40);
    await expect(readDocumentVectors(path)).rejects.toThrow(/cut off or is none of NumPy/);
    const text = await folder.write('t.npy', 'some text of more than twelve bytes');
    await expect(readDocumentVectors(text)).rejects.toThrow(/got a file that is none of NumPy/);
    await expect(readDocumentVectors(join(folder.path, 'none.npy'))).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });

  it('values that are not finite, in each format', async () => {
    const wrong = [...rows, [1, Number.NaN, 1]];
    const npy = await writeNpy('v.npy', { type: '<f4', rows: wrong });
    await expect(readDocumentVectors(npy)).rejects.toThrow(/v\.npy\[4\]: got NaN at dimension 1/);
    const large = await writeNpy('l.npy', { type: '<f8', rows: [[1e300, 0]] });
    await expect(readDocumentVectors(large)).rejects.toMatchObject({ code: 'not-finite' });
    const lines = await folder.write('v.jsonl', '[1, 2]\n[1, NaN]');
    await expect(readDocumentVectors(lines)).rejects.toThrow(
      /v\.jsonl:2: got NaN, expected finite/,
    );
    const parquet = await writeParquet('v.parquet', [{ name: 'vector', data: wrong }]);
    await expect(readDocumentVectors(parquet)).rejects.toThrow(/got NaN at dimension 1/);
  });

  it.each([
    ['[1, 2]\n[1]', /:2: got a vector of 1 dimensions, expected 2 as in the first/],
    ['[1, "2"]', /:1: got string at dimension 1, expected a list of numbers/],
    ['[1, null]', /:1: got nothing at dimension 1/],
    ['{ "values": [1] }', /:1: got the fields values, and no embedding or vector/],
    ['{ "embedding": "1" }', /:1: got string, expected a list of numbers/],
    ['[1\n', /:1: got text that is not JSON/],
    ['{ "id": 1, "vector": [1] }\n{ "id": 1, "vector": [2] }', /got the id "1" twice/],
  ])('lines such as %j', async (text, message) => {
    const path = await folder.write('v.jsonl', text);
    await expect(readDocumentVectors(path)).rejects.toThrow(message);
  });

  it('lines of another length in a later block', async () => {
    const path = await folder.write('v.jsonl', `${'[1, 2]\n'.repeat(1024)}[1, 2, 3]`);
    await expect(readDocumentVectors(path)).rejects.toThrow(
      /from 1024 on: got a vector of 3 dimensions, expected 2/,
    );
  });

  it('a group of Parquet that takes more memory than there is', async () => {
    const path = await writeParquet('v.parquet', [{ name: 'vector', data: rows }]);
    const statistics = v8.getHeapStatistics();
    const spy = vi.spyOn(v8, 'getHeapStatistics');
    onTestFinished(() => spy.mockRestore());
    // Nine values in the first group.
    for (const [limit, isRead] of [
      [450, true],
      [449, false],
    ] as const) {
      spy.mockReturnValue({ ...statistics, heap_size_limit: limit });
      const read = readDocumentVectors(path);
      if (isRead) await read;
      else
        await expect(read).rejects.toThrow(/a group of 3 vectors, which takes 450 bytes to read/);
    }
  });

  it('Parquet that is none, that lacks the column, or that has something else in it', async () => {
    const text = await folder.write('t.parquet', 'no Parquet, but text');
    await expect(readDocumentVectors(text)).rejects.toMatchObject({ code: 'invalid-file' });
    const path = await writeParquet('v.parquet', [{ name: 'text', data: ids }]);
    await expect(readDocumentVectors(path)).rejects.toThrow(
      /got the columns text, expected embedding or vector/,
    );
    await expect(readDocumentVectors(path, { column: 'text' })).rejects.toThrow(
      /v\.parquet, row 0: got string, expected a list of numbers/,
    );
    await expect(readDocumentVectors(join(folder.path, 'none.parquet'))).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });
});

interface Npy {
  readonly type: string;
  readonly rows: readonly (readonly number[])[];
  readonly version?: number;
  readonly shape?: string;
  readonly fortran?: boolean;
}

/** As NumPy does, by its description of the format. */
async function writeNpy(
  name: string,
  { type, rows: values, version = 1, shape, fortran = false }: Npy,
): Promise<string> {
  const size = Number(type[2] ?? 1);
  const view = new DataView(new ArrayBuffer(size * values.flat().length));
  const isLittle = type[0] === '<';
  for (const [i, value] of values.flat().entries()) {
    if (type.endsWith('f8')) view.setFloat64(8 * i, value, isLittle);
    else if (type.endsWith('f2')) view.setUint16(2 * i, halfOf(value), isLittle);
    else if (size === 4) view.setFloat32(4 * i, value, isLittle);
  }
  const order = fortran ? 'True' : 'False';
  const dimensions = shape ?? `${values.length}, ${values[0]?.length}`;
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${dimensions}), }`;
  const start = version === 1 ? 10 : 12;
  const length = Math.ceil((start + text.length + 1) / 64) * 64 - start;
  const head = Buffer.alloc(start);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(length, 8);
  else head.writeUInt32LE(length, 8);
  const path = await folder.write(name, '');
  const padded = Buffer.from(`${text.padEnd(length - 1)}\n`, 'latin1');
  await writeFile(path, Buffer.concat([head, padded, Buffer.from(view.buffer)]));
  return path;
}

/** Of 0, 1 and -1. */
function halfOf(value: number): number {
  return value === 0 ? 0 : value > 0 ? 0x3c00 : 0xbc00;
}

/** Groups of three rows; lists as others write them. */
async function writeParquet(
  name: string,
  columnData: { readonly name: string; readonly data: readonly unknown[] }[],
): Promise<string> {
  const path = await folder.write(name, '');
  const schema: NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']> = [
    { name: 'root', num_children: columnData.length },
  ];
  for (const { name: column, data } of columnData) {
    if (!Array.isArray(data[0])) {
      const converted_type = 'UTF8';
      schema.push({
        name: column,
        type: 'BYTE_ARRAY',
        converted_type,
        repetition_type: 'OPTIONAL',
      });
      continue;
    }
    const list = { converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 } as const;
    schema.push(
      { name: column, ...list },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'OPTIONAL' },
    );
  }
  const columns = columnData.map((column) => ({ ...column, data: [...column.data] }));
  const bytes = parquetWriteBuffer({ columnData: columns, schema, rowGroupSize: 3 });
  await writeFile(path, new Uint8Array(bytes));
  return path;
}

async function writePair(name: string, values: readonly (readonly number[])[]): Promise<string> {
  const path = await folder.write(`${name}.f32`, '');
  await writeFile(path, Buffer.from(Float32Array.from(values.flat()).buffer));
  await folder.write(`${name}.json`, JSON.stringify({ ids, dims: 3 }));
  return join(folder.path, name);
}

async function writeTask(): Promise<void> {
  await folder.write('set/qrels/test.tsv', 'query-id\tcorpus-id\tscore\nq1\tb\t1\n');
  const lines = (names: readonly string[]) =>
    names.map((_id) => JSON.stringify({ _id })).join('\n');
  await folder.write('set/corpus.jsonl', lines(ids));
  await folder.write('set/queries.jsonl', lines(['q0', 'q1', 'q2']));
}

async function fill(store: BinaryVectorStore): Promise<void> {
  const documents = ids.map((id) => ({ pageContent: id, metadata: {} }));
  await store.addVectors(rows, documents, { ids });
  await store.delete({ ids: ['a'] });
}

function expectRows(
  { rows: count, columns, data }: Matrix,
  expected: readonly (readonly number[])[],
): void {
  expect([count, columns]).toEqual([expected.length, expected[0]?.length]);
  expect(data).toEqual(Float32Array.from(expected.flat()));
}
