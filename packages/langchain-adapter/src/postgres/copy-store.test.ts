import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress, Quantizer } from '@bitryoshka/core';
import { bitAt, fitQuantizer } from '@bitryoshka/core';
import { seededRandom } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { driver } from '../durable/sqlite-drivers.suite.ts';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import { NamedEmbeddings } from '../store/named-embeddings.suite.ts';
import { WordEmbeddings } from '../testing/index.ts';
import type { CopyableStore } from './copy-store.ts';
import { copyStore } from './copy-store.ts';
import type { PgPool } from './database/pg-pool.ts';
import type { OpenDatabase } from './database/servers.suite.ts';
import { describeDatabases } from './database/servers.suite.ts';
import type { PgStoreOptions } from './pg-vector-store.ts';
import { PgBinaryVectorStore } from './pg-vector-store.ts';

const embeddings = new WordEmbeddings(48);
/** As far as all documents of these tests. */
const depth = { candidates: 1000, rerank: 1000 };
const words = ['cat', 'dog', 'bird', 'fish', 'horse', 'mouse', 'night', 'noise', 'garden', 'house'];
const odd = [
  '\u0000 in front',
  'half a pair: \ud83d',
  '\udc00 the other half',
  '\u0001\\u0000 as it is kept',
  'a backslash \\ and "quotes"',
  '𝕏 🐭 é é',
  '',
];
const metadata = (i: number): Record<string, unknown> => ({
  n: i,
  nested: { list: [i, `${i}`, null, { deep: true }], 'a key/with~marks.': -0 },
  when: new Date(1e12 + i),
  never: new Date(Number.NaN),
  big: 2n ** 64n + BigInt(i),
  none: undefined,
  numbers: [Number.NaN, Number.POSITIVE_INFINITY, 0.1, 1e300, 2 ** 53],
  [`odd ${odd[i % odd.length]}`]: odd[(i + 1) % odd.length],
  ...(i % 5 === 0 && JSON.parse('{"__proto__": {"own": 1}}')),
});

/** Every third without an id of its own; some with texts that databases do not keep as they are. */
function documents(count: number): Document[] {
  const random = seededRandom(3);
  const word = () => words[Math.floor(random() * words.length)] as string;
  return Array.from({ length: count }, (_, i) => {
    const text = i % 11 === 0 ? (odd[(i / 11) % odd.length] as string) : `${word()} ${i}`;
    return new Document({
      pageContent: `${text} ${i % 77 === 66 ? '' : `${word()} ${word()}`}`,
      metadata: metadata(i),
      ...(i % 3 !== 0 && { id: i % 13 === 0 ? `${i} ${odd[i % odd.length]}` : `id ${i}` }),
    });
  });
}

async function quantizerOf(bits = 32): Promise<Quantizer> {
  const texts = documents(200).map(({ pageContent }) => pageContent);
  return fitQuantizer(await embeddings.embedDocuments(texts), { kind: 'itq', bits });
}

async function entriesOf(store: CopyableStore): Promise<[string, Document][]> {
  const entries: [string, Document][] = [];
  for await (const entry of store.entries()) entries.push(entry);
  return entries;
}

function vectorsOf({ index }: BinaryVectorStore): Float32Array[] {
  const found: Float32Array[] = [];
  for (let row = 0; found.length < (index?.rows ?? 0); row++) {
    if (index?.has(row)) found.push(index.vector(row));
  }
  return found;
}

const questions = ['cat night', 'a garden house', 'fish 12', 'noise noise dog'];
const answersOf = async (store: CopyableStore) =>
  Promise.all(questions.map((question) => store.similaritySearchWithScore(question, 12)));

async function expectSameAnswers(a: CopyableStore, b: CopyableStore, digits = 6): Promise<void> {
  const [first, second] = [await answersOf(a), await answersOf(b)];
  for (const [i, found] of first.entries()) {
    const other = second[i] as [Document, number][];
    expect(other.map(([document]) => document)).toEqual(found.map(([document]) => document));
    for (const [j, [, score]] of found.entries()) {
      expect((other[j] as [Document, number])[1]).toBeCloseTo(score, digits);
    }
  }
}

let folder: string;
const opened: BinaryVectorStore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitryoshka-copy-'));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});
async function openFile(name: string, quantizer?: Quantizer): Promise<BinaryVectorStore> {
  const options = { driver, index: 'scan', depth, quantizer } as const;
  const store = await BinaryVectorStore.open(join(folder, name), embeddings, options);
  opened.push(store);
  return store;
}

describeDatabases((database) => {
  let db: OpenDatabase;
  let pool: PgPool;
  beforeAll(async () => {
    db = await database.open();
    pool = db.pool;
  });
  afterAll(() => db.stop());

  let collections = 0;
  const openCollection = (options: PgStoreOptions = {}) =>
    PgBinaryVectorStore.open(embeddings, {
      pool,
      collection: `copy ${collections++}`,
      storage: 'vector',
      depth,
      ...options,
    });

  describe('copies of stores', () => {
    it('keep ids, texts, metadata, order, vectors, codes and answers, up and down', async () => {
      const quantizer = await quantizerOf();
      const local = new BinaryVectorStore(embeddings, { quantizer, index: 'scan', depth });
      await local.addDocuments(documents(130));
      await local.delete({ ids: ['id 4', 'id 101'] });

      const collection = `copy ${collections++}`;
      const server = await openCollection({ collection });
      expect(await copyStore(local, server)).toEqual({ added: 128, present: 0 });
      expect(await entriesOf(server)).toEqual(await entriesOf(local));
      await expectSameAnswers(local, server);

      const { rows } = await pool.query<{ id: number; active: number }>(
        'SELECT id, active FROM bitryoshka.collections WHERE name = $1',
        [collection],
      );
      const [{ id, active } = { id: 0, active: 0 }] = rows;
      const kept = await pool.query<{ code: string }>(
        `SELECT code::text AS code FROM bitryoshka.codes_${id}_${active} ORDER BY row`,
      );
      const codes = quantizer.encode(vectorsOf(local), 'document');
      expect(kept.rows.map(({ code }) => code)).toEqual(
        Array.from({ length: codes.rows }, (_, row) =>
          Array.from({ length: codes.bits }, (_, j) => bitAt(codes, row, j)).join(''),
        ),
      );

      const down = new BinaryVectorStore(embeddings, { index: 'scan', depth });
      const file = await openFile('down.sqlite');
      for (const target of [down, file]) {
        expect(await copyStore(server, target)).toEqual({ added: 128, present: 0 });
        expect(await entriesOf(target)).toEqual(await entriesOf(local));
        expect(vectorsOf(target)).toEqual(vectorsOf(local));
        expect(target.quantizer?.save()).toEqual(quantizer.save());
      }
      await expectSameAnswers(local, down);
    });

    it('have answers within half precision in a collection of halves', async () => {
      const local = await BinaryVectorStore.fromDocuments(documents(60), embeddings);
      const server = await openCollection({ storage: 'halfvec' });
      await copyStore(local, server);
      expect(await entriesOf(server)).toEqual(await entriesOf(local));
      const [ours, theirs] = [await answersOf(local), await answersOf(server)];
      const scores = (answers: [Document, number][][]) => answers.flat().map(([, score]) => score);
      for (const [i, score] of scores(ours).entries()) {
        expect(Math.abs((scores(theirs)[i] as number) - score)).toBeLessThan(1e-3);
      }
    });

    const aborting = (count: number) => {
      const controller = new AbortController();
      const onProgress = ({ stage, done }: Progress) => {
        if (stage === 'copy' && done >= count) controller.abort(new Error('enough'));
      };
      return { signal: controller.signal, onProgress };
    };
    const throwing = (at: string, count: number) => ({
      onProgress({ stage, done }: Progress) {
        if (stage === at && done >= count) throw new Error('enough');
      },
    });

    it('go on where they were interrupted', async () => {
      const source = await openFile('source.sqlite', await quantizerOf());
      await source.addDocuments(documents(620));
      const server = await openCollection();
      for (const [task, there] of [
        [aborting(0), 0],
        [aborting(250), 250],
        [throwing('copy', 300), 500],
        [throwing('copy', 620), 620],
        [throwing('encode', 500), 620],
      ] as const) {
        await expect(copyStore(source, server, task)).rejects.toThrow('enough');
        expect(await server.count()).toBe(there);
      }
      expect(await copyStore(source, server)).toEqual({ added: 0, present: 620 });
      expect(await entriesOf(server)).toEqual(await entriesOf(source));
      await expectSameAnswers(source, server);

      const down = await openFile('down.sqlite');
      for (const [task, there] of [
        [aborting(0), 0],
        [throwing('copy', 250), 250],
        [aborting(400), 500],
      ] as const) {
        await expect(copyStore(server, down, task)).rejects.toThrow('enough');
        expect((await entriesOf(down)).length).toBe(there);
      }
      await down.settled();
      await down.close();
      const again = await openFile('down.sqlite');
      expect(await copyStore(server, again)).toEqual({ added: 120, present: 500 });
      expect(await entriesOf(again)).toEqual(await entriesOf(source));
      expect(vectorsOf(again)).toEqual(vectorsOf(source));
      expect(again.quantizer?.save()).toEqual(source.quantizer?.save());
      await expectSameAnswers(source, again);
    });

    it('are in a file with their codes when they are made', async () => {
      const quantizer = await quantizerOf();
      const local = new BinaryVectorStore(embeddings, { quantizer });
      await local.addDocuments(documents(20));
      const file = await openFile('coded.sqlite');
      await copyStore(local, file);
      // A process that reads what is there, as if the other had been killed.
      const path = join(folder, 'coded.sqlite');
      const reader = await BinaryVectorStore.open(path, embeddings, { driver, readOnly: true });
      opened.push(reader);
      expect(reader.quantizer?.save()).toEqual(quantizer.save());
      expect(await entriesOf(reader)).toEqual(await entriesOf(local));
    });

    it('are made of exact stores and of empty ones', async () => {
      const exact = await BinaryVectorStore.fromDocuments(documents(20), embeddings);
      const first = await openCollection();
      const second = await openCollection();
      expect(await copyStore(exact, first)).toEqual({ added: 20, present: 0 });
      expect(await copyStore(first, second)).toEqual({ added: 20, present: 0 });
      await expectSameAnswers(exact, second);
      const empty = new BinaryVectorStore(embeddings);
      expect(await copyStore(empty, first)).toEqual({ added: 0, present: 0 });
      expect(await first.count()).toBe(20);
      const coded = new BinaryVectorStore(embeddings, { quantizer: await quantizerOf() });
      const third = await openCollection();
      expect(await copyStore(coded, third)).toEqual({ added: 0, present: 0 });
      const back = new BinaryVectorStore(embeddings);
      expect(await copyStore(third, back)).toEqual({ added: 0, present: 0 });
      expect(back.quantizer?.save()).toEqual(coded.quantizer?.save());
    });

    it('leave a store exact that is to be exact', async () => {
      const coded = new BinaryVectorStore(embeddings, { quantizer: await quantizerOf() });
      await coded.addDocuments(documents(20));
      const server = await openCollection();
      await copyStore(coded, server);
      const exact = new BinaryVectorStore(embeddings, { index: 'exact' });
      await copyStore(server, exact);
      expect(exact.quantizer).toBeUndefined();
      expect(await entriesOf(exact)).toEqual(await entriesOf(coded));
    });

    it('take codes from their source in place of others', async () => {
      const [old, other] = [await quantizerOf(24), await quantizerOf()];
      const local = new BinaryVectorStore(embeddings, { quantizer: other });
      await local.addDocuments(documents(40));
      const server = await openCollection();
      await server.refit({ quantizer: old });
      await copyStore(local, server);
      const back = new BinaryVectorStore(embeddings, { quantizer: old });
      await back.addDocuments([new Document({ pageContent: 'cat', id: 'own' })]);
      await copyStore(server, back);
      expect(back.quantizer?.save()).toEqual(other.save());
      expect((await entriesOf(back)).map(([id]) => id).slice(0, 1)).toEqual(['own']);
      expect((await entriesOf(back)).slice(1)).toEqual(await entriesOf(local));
    });

    it('carry the model, and are refused where there is another', async () => {
      const [a, b] = [new NamedEmbeddings('a', 48), new NamedEmbeddings('b', 48)];
      const local = await BinaryVectorStore.fromDocuments(documents(10), a);
      const refusal = { code: 'model-mismatch' };
      const collection = `copy ${collections++}`;
      const ofOther = await PgBinaryVectorStore.open(b, { pool, collection });
      await expect(copyStore(local, ofOther)).rejects.toMatchObject(refusal);
      expect(await ofOther.count()).toBe(0);
      const server = await PgBinaryVectorStore.open(a, { pool, collection });
      await copyStore(local, server);
      const opening = PgBinaryVectorStore.open(b, { pool, collection });
      await expect(opening).rejects.toMatchObject(refusal);
      const others = await BinaryVectorStore.fromDocuments(documents(10), b);
      await expect(copyStore(others, server)).rejects.toMatchObject(refusal);
      const down = new BinaryVectorStore(a);
      await copyStore(server, down);
      down.embeddings = b;
      await expect(down.similaritySearch('cat')).rejects.toMatchObject(refusal);
    });

    it('are refused for what is no such store', async () => {
      const server = await openCollection();
      const local = new BinaryVectorStore(embeddings);
      for (const [from, to] of [
        [{}, local],
        [local, undefined],
        [server, 'documents'],
      ]) {
        await expect(copyStore(from as never, to as never)).rejects.toMatchObject({
          code: 'invalid-option',
        });
      }
      const dot = new BinaryVectorStore(embeddings, { similarity: 'dot' });
      await expect(copyStore(dot, server)).rejects.toMatchObject({ code: 'not-supported' });
      await expect(copyStore(server, dot)).rejects.toMatchObject({ code: 'not-supported' });
    });

    it('end where their source is embedded anew', async () => {
      const local = await BinaryVectorStore.fromDocuments(documents(300), embeddings);
      let waited: Promise<unknown> = Promise.resolve();
      const waiting: PgPool = {
        query: async (text, values) => pool.query(text, values),
        async connect() {
          await waited;
          return pool.connect();
        },
        isSingle: pool.isSingle,
      };
      const server = await openCollection({ pool: waiting });
      const copying = copyStore(local, server, {
        onProgress({ done }) {
          if (done === 0) waited = local.reembed(new NamedEmbeddings('other', 48));
        },
      });
      await expect(copying).rejects.toMatchObject({ code: 'write-conflict' });
    });
  });
});
