import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readBeirFolder } from './read-beir-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beir-'));
  await mkdir(join(folder, 'model'));
  await mkdir(join(folder, 'qrels'));
  await writeVectors('corpus', ['d1', 'd2', 'd3'], [1, 0, 0, 1, 1, 1]);
  await writeVectors('queries', ['q1', 'q2', 'q3'], [1, 0, 0, 1, 2, 2]);
  await writeFile(
    join(folder, 'qrels/test.tsv'),
    'query-id\tcorpus-id\tscore\r\nq3\td1\t2\nq3\td2\t0\nq1\td3\t1\nq2\td1\t0\n',
  );
});

afterEach(() => rm(folder, { recursive: true }));

it('reads vectors, ids and judgements, and leaves out queries without a relevant document', async () => {
  const task = await readBeirFolder(folder, { vectors: 'model' });
  expect(task.documentIds).toEqual(['d1', 'd2', 'd3']);
  expect(task.documents).toEqual({ rows: 3, columns: 2, data: Float32Array.of(1, 0, 0, 1, 1, 1) });
  expect(task.queryIds).toEqual(['q1', 'q3']);
  expect(task.queries.data).toEqual(Float32Array.of(1, 0, 2, 2));
  expect(task.relevance.get('q3')).toEqual(new Map([['d1', 2]]));
});

it('takes vectors that were read from elsewhere', async () => {
  const stored = await readBeirFolder(folder, { vectors: 'model' });
  await rm(join(folder, 'model'), { recursive: true });
  const ids = ['d1', 'd2', 'd3'];
  const vectors = stored.documents;
  const queries = { ids: ['q3'], vectors: { rows: 1, columns: 2, data: Float32Array.of(2, 2) } };
  const task = await readBeirFolder(folder, { vectors: { documents: { ids, vectors }, queries } });
  expect(task.documents).toBe(vectors);
  expect([task.documentIds, task.queryIds, task.queries]).toEqual([ids, ['q3'], queries.vectors]);
});

it.each([
  ['a missing folder', () => rm(join(folder, 'model'), { recursive: true }), 'file-not-found'],
  ['missing judgements', () => rm(join(folder, 'qrels/test.tsv')), 'file-not-found'],
  ['vectors cut short', () => writeFile(join(folder, 'model/corpus.f32'), 'abc'), 'truncated-file'],
  [
    'too many vectors',
    () => writeFile(join(folder, 'model/corpus.f32'), 'x'.repeat(99)),
    'invalid-file',
  ],
  [
    'a description that is no JSON',
    () => writeFile(join(folder, 'model/corpus.json'), '{'),
    'invalid-file',
  ],
  [
    'a description without ids',
    () => writeFile(join(folder, 'model/corpus.json'), '{"dims":2}'),
    'invalid-file',
  ],
  [
    'bytes that are no text',
    () => writeFile(join(folder, 'model/corpus.json'), Uint8Array.of(255)),
    'invalid-file',
  ],
  ['an id twice', () => writeVectors('corpus', ['a', 'a'], [1, 1, 1, 1]), 'duplicate-id'],
  ['NaN', () => writeVectors('corpus', ['a'], [1, Number.NaN]), 'not-finite'],
  [
    'queries of another model',
    () => writeVectors('queries', ['q1'], [1, 2, 3]),
    'dimension-mismatch',
  ],
  ['no judged query', () => writeFile(join(folder, 'qrels/test.tsv'), 'head\n'), 'empty-input'],
  [
    'a judgement without score',
    () => writeFile(join(folder, 'qrels/test.tsv'), 'h\nq1\td1\n'),
    'invalid-file',
  ],
  [
    'an empty score',
    () => writeFile(join(folder, 'qrels/test.tsv'), 'h\nq1\td1\t\n'),
    'invalid-file',
  ],
  [
    'a score that is no number',
    () => writeFile(join(folder, 'qrels/test.tsv'), 'h\nq1\td1\tx\n'),
    'invalid-file',
  ],
])('refuses %s', async (_what, damage, code) => {
  await damage();
  await expect(readBeirFolder(folder, { vectors: 'model' })).rejects.toMatchObject({ code });
});

async function writeVectors(name: string, ids: string[], values: number[]): Promise<void> {
  const dims = values.length / ids.length;
  await writeFile(join(folder, 'model', `${name}.json`), JSON.stringify({ ids, dims }));
  await writeFile(
    join(folder, 'model', `${name}.f32`),
    Buffer.from(Float32Array.from(values).buffer),
  );
}
