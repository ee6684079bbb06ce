import { BitryoshkaError } from '@bitryoshka/core';
import type { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WordEmbeddings } from '../testing/index.ts';
import type { PgPool } from './database/pg-pool.ts';
import { pglitePool } from './database/pglite-pool.ts';
import { createPGlite } from './database/servers.suite.ts';
import type { PgStoreOptions } from './pg-vector-store.ts';
import { PgBinaryVectorStore } from './pg-vector-store.ts';

const attacks = [
  "'; DROP TABLE public.canary; --",
  '"; DROP TABLE public.canary; --',
  "'); DELETE FROM public.canary; --",
  "'}'); UPDATE public.canary SET n = 0; --",
  "{a}'::text[]) STORED; DROP TABLE public.canary; --",
  '}","{\'); CREATE TABLE public.mine (n int); --',
  "' OR 1=1; TRUNCATE public.canary CASCADE; --",
  '$1; DROP SCHEMA bitryoshka CASCADE; --',
  '$$; CREATE ROLE mine SUPERUSER; $$',
  "\\'; DROP TABLE public.canary; --",
  "E'\\x27; DROP TABLE public.canary",
  "U&'\\0027'; DROP TABLE public.canary",
  "]'; DROP TABLE public.canary; --",
  "'::halfvec; DROP TABLE public.canary; --",
  'documents_1"; DROP TABLE public.canary; --',
  "a' || (SELECT lo_import('/etc/passwd')) || '",
  "a'; COPY public.canary TO PROGRAM 'id'; --",
  "& | ! <-> 'a':*A",
  "''; SELECT pg_terminate_backend(pg_backend_pid()); --",
  '/* */ -- \n DROP TABLE public.canary',
];
const signs = String.raw`' '' " \ \' $1 $0 $a$ $$ :: ; -- /* */ %s { } [ ] , ( ) # ? @ . __proto__ constructor null DEFAULT \u0000`;
const pieces = [
  ...attacks,
  ...signs.split(' '),
  ...'\0\u0001\ud800\udc00\u2019\uff07\ufeff\n é'.split(''),
  '😀',
];
const strings = [
  ...new Set([
    ...pieces,
    ...fc.sample(
      fc
        .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 })
        .map((all) => all.join('')),
      { numRuns: 1800, seed: 5 },
    ),
  ]),
];
/** Every so many of them, where all would take long. */
const some = (every: number) =>
  strings.filter((text, i) => attacks.includes(text) || i % every === 0);

const embeddings = new WordEmbeddings(8);
const metadataOf = (text: string, number: number) => ({
  number,
  copy: text,
  [text]: text,
  deep: { [text]: [text, { [text]: number }] },
});
const documents = strings.map((text, i) => ({
  id: text,
  pageContent: text,
  metadata: metadataOf(text, i),
}));

let database: PGlite;
let pool: PgPool;
beforeAll(async () => {
  database = await createPGlite();
  pool = pglitePool(database);
  await database.exec(
    'CREATE TABLE canary AS SELECT n FROM generate_series(1, 10) n; CREATE TABLE keys (id int PRIMARY KEY)',
  );
});
afterAll(() => database.close());

const open = (options: Omit<PgStoreOptions, 'pool'> = {}) =>
  PgBinaryVectorStore.open(embeddings, { pool, ...options });

/** All that there is in the database but the rows of tables of ours. */
async function everything(): Promise<unknown> {
  const { rows } = await pool.query(`
    SELECT (SELECT json_agg(n ORDER BY n) FROM canary) AS canary,
      (SELECT json_agg(nspname ORDER BY nspname) FROM pg_namespace) AS schemas,
      (SELECT json_agg(rolname ORDER BY rolname) FROM pg_roles) AS roles,
      (SELECT json_agg(relname ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS public,
      (SELECT count(*) FROM pg_proc) AS functions,
      (SELECT json_agg(relname ORDER BY relname) FROM pg_class WHERE relkind = 'r'
       AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'bitryoshka')) AS tables`);
  return rows[0];
}

/** Whether it is done, or refused by an error of ours that is not of the database. */
async function isDone(task: () => Promise<unknown>): Promise<boolean> {
  try {
    await task();
    return true;
  } catch (error) {
    const code = BitryoshkaError.isInstance(error) ? error.code : error;
    expect(['invalid-option', 'not-supported']).toContain(code);
    return false;
  }
}

describe('hostile strings', () => {
  it('are ids, texts, keys and values of metadata, declared fields and operands, and nothing else', async () => {
    expect(strings.length).toBeGreaterThan(1000);
    const fields = some(400).map((text) => `deep.${text}`);
    const store = await open({ fields: ['copy', ...fields], hybrid: true });
    await store.addDocuments(documents.slice(0, 1));
    const before = await everything();
    await store.addDocuments(documents);
    await store.addDocuments(documents.slice(0, 100));

    const found = new Map<string, unknown>();
    for await (const [id, document] of store.entries()) found.set(id, document);
    expect(found.size).toBe(documents.length);
    for (const document of documents) expect(found.get(document.id)).toEqual(document);
    expect(await store.getByIds(strings)).toEqual(documents);

    const query = Array.from({ length: 8 }, () => 1);
    const idsOf = async (filter: object, k = strings.length) =>
      (await store.similaritySearchVectorWithScore(query, k, filter as never)).map(
        ([{ id }]) => id as string,
      );
    for (let i = 0; i < strings.length; i += 100) {
      const part = strings.slice(i, i + 100);
      expect((await idsOf({ copy: { $in: part } })).sort()).toEqual([...part].sort());
    }
    const others = { number: { $lt: 100 }, copy: { $nin: strings.slice(1, 100) } };
    expect(await idsOf(others)).toEqual(strings.slice(0, 1));
    const ways: ((text: string) => object)[] = [
      (text) => ({ copy: text, [`deep.${text}`]: text }),
      (text) => ({ [text]: text }),
      (text) => ({ $nor: [{ copy: { $ne: text } }] }),
    ];
    let refused = 0;
    for (const way of ways) {
      const asked: string[] = [];
      for (const text of some(6)) {
        // Without an answer, it is looked at alone.
        if (await isDone(() => idsOf(way(text), 0))) asked.push(text);
        else refused++;
      }
      for (let i = 0; i < asked.length; i += 40) {
        const part = asked.slice(i, i + 40);
        const found = await idsOf({ $or: part.map(way) });
        // A key with dots is a path, which leads nowhere.
        const named = part.filter((text) => way === ways[2] || !text.includes('.'));
        expect(found.sort()).toEqual(named.sort());
      }
    }
    // Words of each, as questions.
    for (const text of some(150)) {
      const [first] = await store.similaritySearch(text, 1, { copy: text });
      expect(first?.id).toBe(text);
    }
    expect(refused).toBeGreaterThan(0);
    expect(await everything()).toEqual(before);

    const gone = strings.filter((_, i) => i % 3 === 0);
    await store.delete({ ids: gone });
    for (const text of attacks) await store.delete({ filter: { copy: text } });
    const left = strings.filter((text, i) => i % 3 !== 0 && !attacks.includes(text));
    expect(await store.getByIds(strings)).toEqual(documents.filter(({ id }) => left.includes(id)));
    expect(await store.count()).toBe(left.length);
    expect(await everything()).toEqual(before);
    await store.drop();
  });

  it('are names of collections and of models', async () => {
    const before = await everything();
    const names = some(400);
    const stores = [];
    for (const collection of names) {
      const store = await open({ collection });
      Object.assign(embeddings, { fingerprint: collection });
      await store.addDocuments([{ pageContent: collection, metadata: {} }]);
      Object.assign(embeddings, { fingerprint: undefined });
      stores.push(store);
    }
    for (const collection of names) {
      const own = Object.assign(new WordEmbeddings(8), { fingerprint: collection });
      const store = await PgBinaryVectorStore.open(own, { pool, collection });
      expect((await store.similaritySearch('', 2)).map(({ pageContent }) => pageContent)).toEqual([
        collection,
      ]);
      const other = Object.assign(new WordEmbeddings(8), { fingerprint: `${collection}'` });
      await expect(PgBinaryVectorStore.open(other, { pool, collection })).rejects.toMatchObject({
        code: 'model-mismatch',
      });
    }
    for (const store of stores) await store.drop();
    expect(await everything()).toEqual(before);
  });

  it('are no schemas, languages, kinds of vectors or of indexes, or numbers', async () => {
    const before = await everything();
    const store = await open();
    const names = strings.filter((text) => !/^[a-z_][a-z_0-9]{0,40}$/i.test(text));
    expect(names.length).toBeGreaterThan(1000);
    for (const text of names) {
      expect(await isDone(() => open({ schema: text }))).toBe(false);
    }
    for (const text of names.filter((_, i) => i % 5 === 0)) {
      const value = text as never;
      expect(await isDone(() => open({ hybrid: { language: value } }))).toBe(false);
      expect(await isDone(() => open({ hybrid: { alpha: value } }))).toBe(false);
      expect(await isDone(() => open({ storage: value }))).toBe(false);
      expect(await isDone(() => open({ depth: { candidates: value } }))).toBe(false);
      expect(await isDone(() => store.index({ kind: value }))).toBe(false);
      expect(await isDone(() => store.index({ kind: 'hnsw', m: value }))).toBe(false);
      expect(await isDone(() => store.index({ kind: 'ivfflat', lists: value }))).toBe(false);
    }
    expect(await everything()).toEqual(before);
    for (const schema of ['null', 'DEFAULT', 'constructor', '__proto__']) {
      const named = await open({ schema });
      await named.addDocuments(documents.slice(0, 3));
      expect(await named.count()).toBe(3);
      await database.exec(`DROP SCHEMA "${schema}" CASCADE`);
    }
    expect(await everything()).toEqual(before);
  });
});
