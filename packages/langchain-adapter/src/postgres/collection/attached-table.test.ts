import { randomUUID } from 'node:crypto';
import { bitAt, fitQuantizer } from '@bitryoshka/core';
import type { PGVectorStoreArgs } from '@langchain/community/vectorstores/pgvector';
import { PGVectorStore } from '@langchain/community/vectorstores/pgvector';
import { Document } from '@langchain/core/documents';
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../../store/binary-vector-store.ts';
import { vectorStoreSuite } from '../../store/vector-store.suite.ts';
import { WordEmbeddings } from '../../testing/index.ts';
import { copyStore } from '../copy-store.ts';
import type { PgPool } from '../database/pg-pool.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { describeDatabases } from '../database/servers.suite.ts';
import type { PgAttachOptions } from '../pg-vector-store.ts';
import { PgBinaryVectorStore } from '../pg-vector-store.ts';

const embeddings = new WordEmbeddings();
const words = ['cat', 'dog', 'bird', 'fish', 'horse', 'mouse', 'night', 'noise', 'garden', 'house'];
const textOf = (i: number) => `${words[i % 10]} ${words[(i * 7 + 3) % 10]} ${i}`;
const documents = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => {
    const n = first + i;
    return new Document({ pageContent: textOf(n), metadata: { n, even: n % 2 === 0 } });
  });
const quantizer = await fitQuantizer(
  await embeddings.embedDocuments(documents(200).map(({ pageContent }) => pageContent)),
  { kind: 'itq', bits: 32 },
);
const textsOf = (found: readonly Document[]) => found.map(({ pageContent }) => pageContent);

describeDatabases((database) => {
  let db: OpenDatabase;
  let pool: PgPool;
  let tables = 0;
  let tableName: string;
  beforeAll(async () => {
    db = await database.open();
    pool = db.pool;
  });
  afterAll(() => db.stop());
  beforeEach(() => {
    tableName = `vectors_${tables++}`;
  });

  /** That store keeps a connection for itself, and PGlite has but one. */
  const theirPool = () =>
    ({
      query: (text: string, values?: unknown[]) => pool.query(text, values),
      connect: async () => ({ release() {} }),
    }) as unknown as Pool;
  const openTheirs = (
    options: Omit<PGVectorStoreArgs, 'pool' | 'tableName'> & { dimensions?: number } = {},
  ) =>
    PGVectorStore.initialize(embeddings, {
      dimensions: 32,
      ...options,
      pool: theirPool(),
      tableName,
    });
  const attach = (options: Partial<PgAttachOptions> = {}) =>
    PgBinaryVectorStore.attach(embeddings, { pool, tableName, ...options });

  /** All that the catalog says of the tables outside of our schema, as tools that dump a database ask it. */
  async function catalog(): Promise<unknown> {
    const schemas = `IN (SELECT oid FROM pg_namespace WHERE nspname NOT IN ('bitryoshka', 'pg_catalog', 'information_schema', 'pg_toast'))`;
    const { rows } = await pool.query(
      `SELECT 'column' AS what, attrelid::regclass || '.' || attname AS name, concat_ws(' ', attnum, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attstorage, pg_get_expr(adbin, adrelid)) AS is
         FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
         WHERE relnamespace ${schemas} AND attnum > 0
       UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
         FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace ${schemas}
       UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
         FROM pg_constraint WHERE connamespace ${schemas}
       UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(t.oid)
         FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace ${schemas} AND NOT tgisinternal
       UNION ALL SELECT 'table', c.oid::regclass::text, concat_ws(' ', relkind, relpersistence, relrowsecurity, reloptions, relacl)
         FROM pg_class c WHERE relnamespace ${schemas}
       UNION ALL SELECT 'function', p.oid::regprocedure::text, md5(prosrc) FROM pg_proc p WHERE pronamespace ${schemas}
       UNION ALL SELECT 'depends', classid::regclass || ' ' || objid, refobjid::regclass::text
         FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND deptype <> 'i'
           AND refobjid IN (SELECT oid FROM pg_class WHERE relnamespace ${schemas})
       ORDER BY 1, 2, 3`,
    );
    return rows;
  }

  const left = async () => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'bitryoshka' AND relkind = 'r'
       UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'bitryoshka'
       ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };
  const countOf = async (kind: 'codes' | 'uncoded' | 'rows') => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
       WHERE nspname = 'bitryoshka' AND relkind = 'r' AND relname ~ ('^' || $1 || '_' || (SELECT max(id) FROM bitryoshka.collections))`,
      [kind],
    );
    if (!rows[0]) return undefined;
    const counted = await pool.query<{ count: unknown }>(
      `SELECT count(*) AS count FROM ${rows[0].name}`,
    );
    return Number(counted.rows[0]?.count);
  };

  describe('a table of PGVectorStore', () => {
    it('is searched where it is, before and after it has codes, as by that store', async () => {
      const theirs = await openTheirs();
      await theirs.addDocuments(documents(200));
      const ours = await attach({ depth: { candidates: 200, rerank: 200 } });
      expect(await ours.count()).toBe(200);
      for (const isCoded of [false, true]) {
        if (isCoded) await ours.refit({ quantizer });
        for (const question of ['cat night', 'garden house 7', 'noise']) {
          const expected = await theirs.similaritySearchWithScore(question, 10);
          const found = await ours.similaritySearchWithScore(question, 10);
          expect(found.map(([document]) => document)).toEqual(expected.map(([each]) => each));
          for (const [i, [, distance]] of expected.entries()) {
            expect(found[i]?.[1]).toBeCloseTo(1 - distance, 6);
          }
          const even = await ours.similaritySearch(question, 5, { even: true, n: { $gte: 50 } });
          expect(even).toHaveLength(5);
          expect(even.every(({ metadata }) => metadata.even && metadata.n >= 50)).toBe(true);
        }
      }
      expect(await countOf('codes')).toBe(200);
      await ours.detach();
    });

    it('is found with what that store adds, changes and deletes, before and after it is encoded', async () => {
      const theirs = await openTheirs();
      await theirs.addDocuments(documents(60));
      const ours = await attach();
      await ours.refit({ quantizer });
      const id = randomUUID();
      await theirs.addDocuments([new Document({ pageContent: 'a zebra', metadata: {} })], {
        ids: [id],
      });
      expect(await countOf('uncoded')).toBe(1);
      expect(textsOf(await ours.similaritySearch('zebra', 1))).toEqual(['a zebra']);
      expect(textsOf(await ours.getByIds([id, id.toUpperCase(), 'no uuid']))).toEqual([
        'a zebra',
        'a zebra',
      ]);
      expect(await ours.similaritySearch('zebra', 1, { n: 3 })).toMatchObject([
        { metadata: { n: 3 } },
      ]);
      expect(await ours.sync()).toBe(1);
      expect([await countOf('uncoded'), await countOf('codes')]).toEqual([0, 61]);
      expect(textsOf(await ours.similaritySearch('zebra', 1))).toEqual(['a zebra']);
      expect(await ours.sync()).toBe(0);

      // As its code was of another vector, it would not be found.
      const [vector] = await embeddings.embedDocuments(['giraffe']);
      await pool.query(`UPDATE ${tableName} SET text = 'giraffe', embedding = $2 WHERE id = $1`, [
        id,
        JSON.stringify(vector),
      ]);
      expect([await countOf('uncoded'), await countOf('codes')]).toEqual([1, 60]);
      expect(textsOf(await ours.similaritySearch('giraffe', 1))).toEqual(['giraffe']);
      await pool.query(`UPDATE ${tableName} SET metadata = '{"tall": true}' WHERE id = $1`, [id]);
      expect(await ours.similaritySearch('giraffe', 1)).toMatchObject([
        { metadata: { tall: true } },
      ]);
      expect(await ours.refit({ quantizer })).toMatchObject({ isReplaced: true });
      expect([await countOf('uncoded'), await countOf('codes')]).toEqual([0, 61]);

      await theirs.delete({ ids: [id] });
      expect([await countOf('uncoded'), await countOf('codes'), await countOf('rows')]).toEqual([
        0, 60, 60,
      ]);
      expect(textsOf(await ours.similaritySearch('giraffe', 60))).not.toContain('giraffe');
      await theirs.delete({ filter: { even: 'true' } });
      expect(await ours.count()).toBe(30);
      expect(await ours.similaritySearch('cat', 60)).toHaveLength(30);
      await pool.query(`TRUNCATE ${tableName}`);
      expect([await countOf('uncoded'), await countOf('codes'), await countOf('rows')]).toEqual([
        0, 0, 0,
      ]);
      expect(await ours.similaritySearch('cat')).toEqual([]);
      await theirs.addDocuments(documents(3));
      expect(await ours.similaritySearch('cat')).toHaveLength(3);
      await ours.detach();
    });

    it('gives that store what is added, replaced and deleted here', async () => {
      const theirs = await openTheirs();
      const ours = await attach();
      const [first = '', second = ''] = await ours.addDocuments(documents(2));
      await ours.refit({ quantizer });
      const when = new Date(1e12);
      const [third = ''] = await ours.addDocuments([
        new Document({ pageContent: 'okapi', metadata: { when, big: 7n } }),
      ]);
      expect([await countOf('uncoded'), await countOf('codes')]).toEqual([0, 3]);
      const [found] = await theirs.similaritySearch('okapi', 1);
      expect(found).toMatchObject({ id: third, pageContent: 'okapi' });
      expect(found?.metadata).toEqual({ when: when.toISOString(), big: '7' });
      expect(await ours.getByIds([third])).toEqual([
        new Document({ pageContent: 'okapi', metadata: { when, big: 7n } }),
      ]);
      // What it says there counts, once others have changed it.
      await pool.query(
        `UPDATE ${tableName} SET metadata = metadata || '{"when": 3}' WHERE id = $1`,
        [third],
      );
      expect((await ours.getByIds([third]))[0]?.metadata).toEqual({ when: 3, big: '7' });

      await ours.addDocuments([new Document({ pageContent: 'tapir', metadata: {}, id: third })]);
      expect([await countOf('uncoded'), await countOf('codes')]).toEqual([0, 3]);
      expect(textsOf(await theirs.similaritySearch('tapir', 1))).toEqual(['tapir']);
      expect(textsOf(await ours.similaritySearch('tapir', 1))).toEqual(['tapir']);
      await ours.delete({ ids: [first, 'no uuid'] });
      await ours.delete({ filter: { n: 1 } });
      expect((await theirs.similaritySearch('cat', 9)).map(({ id }) => id)).toEqual([third]);
      expect(await countOf('codes')).toBe(1);
      await ours.delete({ deleteAll: true });
      expect(await theirs.similaritySearch('cat', 9)).toEqual([]);
      expect([await countOf('codes'), await countOf('rows')]).toEqual([0, 0]);
      const refused = ours.addDocuments([
        new Document({ pageContent: 'x', metadata: {}, id: 'x' }),
      ]);
      await expect(refused).rejects.toMatchObject({ code: 'invalid-option' });
      expect(second).toMatch(/-/);
      await ours.detach();
    });

    it('keeps vectors as they are given, and compares their directions, zeros as well', async () => {
      const theirs = await openTheirs({ dimensions: 3 });
      const ours = await attach();
      const named = (names: string[]) =>
        names.map((pageContent) => new Document({ pageContent, metadata: {} }));
      await theirs.addVectors(
        [
          [3, 0, 0],
          [0, 0, 0],
        ],
        named(['long', 'nothing']),
      );
      await ours.addVectors(
        [
          [0, 5, 0],
          [-1, 0, 0],
        ],
        named(['other', 'opposite']),
      );
      const { rows } = await pool.query<{ vector: string }>(
        `SELECT embedding::text AS vector FROM ${tableName} WHERE text = 'other'`,
      );
      expect(rows).toEqual([{ vector: '[0,5,0]' }]);
      for (const isCoded of [false, true]) {
        if (isCoded) {
          const random = await fitQuantizer(
            [
              [1, 2, 3],
              [2, 1, 0],
            ],
            { kind: 'random', bits: 8 },
          );
          await ours.refit({ quantizer: random });
        }
        const found = await ours.similaritySearchVectorWithScore([2, 2, 0], 4);
        const scores = Object.fromEntries(
          found.map(([{ pageContent }, score]) => [pageContent, score]),
        );
        expect(scores.long).toBeCloseTo(Math.SQRT1_2, 6);
        expect(scores.other).toBeCloseTo(Math.SQRT1_2, 6);
        expect(scores.nothing).toBe(0);
        expect(scores.opposite).toBeCloseTo(-Math.SQRT1_2, 6);
      }
      await ours.detach();
    });

    it('is as it was when it is detached, and nothing is left', async () => {
      await (await PgBinaryVectorStore.open(embeddings, { pool })).count();
      const before = await left();
      const theirs = await openTheirs();
      await theirs.addDocuments(documents(50));
      await pool.query(`CREATE INDEX ON ${tableName} USING hnsw (embedding vector_cosine_ops)`);
      const known = await catalog();
      const rowsOf = async () =>
        (await pool.query(`SELECT *, ctid FROM ${tableName} ORDER BY id`)).rows;
      const rows = await rowsOf();
      const ours = await attach();
      await ours.refit({ quantizer });
      await ours.index({ kind: 'hnsw' });
      expect(await catalog()).not.toEqual(known);
      // Attached again by another client, it is the same.
      const again = await attach();
      expect(textsOf(await again.similaritySearch('cat', 3))).toEqual(
        textsOf(await ours.similaritySearch('cat', 3)),
      );
      await expect(ours.drop()).rejects.toMatchObject({ code: 'not-supported' });
      await ours.detach();
      expect(await catalog()).toEqual(known);
      expect(await rowsOf()).toEqual(rows);
      expect(await left()).toEqual(before);
      await expect(again.similaritySearch('cat')).rejects.toMatchObject({
        code: 'database-failed',
      });
      await theirs.addDocuments(documents(1));
      expect(await theirs.similaritySearch('cat', 60)).toHaveLength(51);
    });

    it('has names that are quoted, and a schema', async () => {
      const schemaName = `My "schema"; DROP ${tables}`;
      const strange = `Table 'x' $$ "y"`;
      const columns = {
        idColumnName: `the "id"`,
        vectorColumnName: 'Embedding; --',
        contentColumnName: `it's $body$`,
        metadataColumnName: 'select',
      };
      const q = (name: string) => `"${name.replaceAll('"', '""')}"`;
      await pool.query(`CREATE SCHEMA ${q(schemaName)}`);
      await pool.query(
        `CREATE TABLE ${q(schemaName)}.${q(strange)} (${q(columns.idColumnName)} uuid PRIMARY KEY DEFAULT gen_random_uuid(),
          ${q(columns.contentColumnName)} text, ${q(columns.metadataColumnName)} jsonb, ${q(columns.vectorColumnName)} vector)`,
      );
      const known = await catalog();
      const options = { tableName: strange, schemaName, columns };
      const ours = await attach(options);
      expect(await ours.similaritySearch('cat')).toEqual([]);
      const ids = await ours.addDocuments(documents(40));
      await ours.refit({ quantizer });
      await ours.delete({ ids: ids.slice(0, 1) });
      await pool.query(
        `INSERT INTO ${q(schemaName)}.${q(strange)} (${q(columns.contentColumnName)}, ${q(columns.vectorColumnName)})
         SELECT 'added', ${q(columns.vectorColumnName)} FROM ${q(schemaName)}.${q(strange)} LIMIT 1`,
      );
      expect(textsOf(await ours.similaritySearch(textOf(1), 3))).toContain('added');
      expect(await ours.sync()).toBe(1);
      await ours.detach();
      expect(await catalog()).toEqual(known);
    });

    it('is refused where it is not there, or is something else', async () => {
      await openTheirs();
      const refused = async (options: Partial<PgAttachOptions>, part: RegExp) => {
        const error = await attach(options).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ code: 'invalid-option' });
        expect(String(error)).toMatch(part);
      };
      await refused({ tableName: 'nothing' }, /tableName: got "nothing"/);
      await refused({ tableName: tableName.toUpperCase() }, /"vectors_\d+" perhaps/);
      await refused({ tableName: '' }, /got ""/);
      await refused({ tableName: 3 as never }, /tableName: got 3/);
      await refused({ schemaName: 'nowhere' }, /tableName: got "nowhere"/);
      await refused(
        { columns: { contentColumnName: 'content' } },
        /contentColumnName: got "content", which/,
      );
      await refused({ columns: { vectorColumnName: 'metadata' } }, /"metadata" of type jsonb/);
      await refused(
        { columns: { idColumnName: 'text' } },
        /idColumnName: got "text", expected a primary key/,
      );
      await refused({ collectionName: 'x' }, /collectionTableName beside it/);
      await refused({ collectionTableName: 'collections' }, /collection_id/);
      await pool.query(`CREATE VIEW view_of_${tableName} AS SELECT * FROM ${tableName}`);
      await refused({ tableName: `view_of_${tableName}` }, /a table, and no view/);
      const ours = await attach({ collection: 'taken' });
      await refused({ collection: 'taken', tableName: 'vectors_0' }, /which is there/).catch(
        () => undefined,
      );
      const hybrid = PgBinaryVectorStore.open(embeddings, {
        pool,
        collection: 'taken',
        hybrid: true,
      });
      await expect(hybrid).rejects.toMatchObject({ code: 'not-supported' });
      await ours.detach();
      const own = await PgBinaryVectorStore.open(embeddings, { pool, collection: 'own' });
      await refused({ collection: 'own' }, /"own", which is there/);
      await expect(own.sync()).rejects.toMatchObject({ code: 'not-supported' });
      await expect(own.detach()).rejects.toMatchObject({ code: 'not-supported' });
    });

    it('is changed as before by who has no rights to what lies beside it', async () => {
      const theirs = await openTheirs();
      await theirs.addDocuments(documents(40));
      const ours = await attach();
      await ours.refit({ quantizer });
      const role = `writer_${tables}_${randomUUID().slice(0, 8)}`;
      await pool.query(`CREATE ROLE ${role}`);
      await pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ${tableName} TO ${role}`);
      const asWriter = async (statement: string) => {
        const client = await pool.connect();
        try {
          await client.query(`BEGIN; SET LOCAL ROLE ${role}; ${statement}; COMMIT`);
        } finally {
          await client.query('ROLLBACK');
          client.release();
        }
      };
      await asWriter(
        `INSERT INTO ${tableName} (text, embedding) SELECT 'added', embedding FROM ${tableName} LIMIT 1`,
      );
      await asWriter(
        `UPDATE ${tableName} SET embedding = embedding + embedding WHERE (metadata ->> 'n')::int < 5`,
      );
      await asWriter(`DELETE FROM ${tableName} WHERE metadata ->> 'n' = '9'`);
      expect([await countOf('uncoded'), await countOf('codes'), await countOf('rows')]).toEqual([
        6, 34, 40,
      ]);
      await expect(asWriter('SELECT * FROM bitryoshka.collections')).rejects.toThrow(/permission/);
      await asWriter(`TRUNCATE ${tableName}`);
      expect(await ours.count()).toBe(0);
      await ours.detach();
      await pool.query(`REVOKE ALL ON ${tableName} FROM ${role}; DROP ROLE ${role}`);
    });

    it('says so when many rows have no codes', async () => {
      const theirs = await openTheirs();
      await theirs.addDocuments(documents(40));
      const ours = await attach();
      await pool.query(
        `INSERT INTO ${tableName} (text, embedding) SELECT text, embedding FROM ${tableName}, generate_series(1, 26)`,
      );
      expect((await ours.health()).advice.join(' ')).not.toMatch('sync');
      await pool.query(`TRUNCATE ${tableName}`);
      await theirs.addDocuments(documents(40));
      await ours.refit({ quantizer });
      await pool.query(
        `INSERT INTO ${tableName} (text, embedding) SELECT text, embedding FROM ${tableName}, generate_series(1, 26)`,
      );
      expect((await ours.health()).advice.join(' ')).toMatch(/1040 documents have no codes.*sync/);
      const found: number[] = [];
      expect(await ours.sync({ onProgress: ({ done }) => found.push(done) })).toBe(1040);
      expect(found.at(-1)).toBe(1040);
      expect((await ours.health()).advice.join(' ')).not.toMatch('sync');
      await ours.detach();
    });

    it('may have other collections, which are not touched', async () => {
      const collectionTableName = `collections_${tableName}`;
      const theirs = await openTheirs({ collectionTableName, collectionName: 'ours' });
      const others = await openTheirs({ collectionTableName, collectionName: 'others' });
      await theirs.addDocuments(documents(40));
      const id = randomUUID();
      await others.addDocuments([new Document({ pageContent: 'a zebra', metadata: {} })], {
        ids: [id],
      });
      const ours = await attach({ collectionTableName, collectionName: 'ours' });
      const both = await attach({ collection: `all of ${tableName}` });
      expect([await ours.count(), await both.count()]).toEqual([40, 41]);
      await ours.refit({ quantizer });
      await others.addDocuments([new Document({ pageContent: 'another zebra', metadata: {} })]);
      expect(textsOf(await ours.similaritySearch('zebra', 50))).not.toContain('a zebra');
      expect(await ours.getByIds([id])).toEqual([]);
      expect([await ours.count(), await both.count()]).toEqual([40, 42]);
      const stolen = ours.addDocuments([new Document({ pageContent: 'mine', metadata: {}, id })]);
      await expect(stolen).rejects.toMatchObject({ code: 'duplicate-id' });
      await ours.addDocuments([new Document({ pageContent: 'okapi', metadata: {} })]);
      expect(textsOf(await theirs.similaritySearch('okapi', 1))).toEqual(['okapi']);
      expect(textsOf(await others.similaritySearch('okapi', 9))).not.toContain('okapi');
      // From one collection into the other.
      await pool.query(
        `UPDATE ${tableName} SET collection_id = (SELECT collection_id FROM ${tableName} WHERE text = 'okapi') WHERE id = $1`,
        [id],
      );
      expect(textsOf(await ours.similaritySearch('a zebra', 1))).toEqual(['a zebra']);
      await ours.delete({ deleteAll: true });
      expect([await ours.count(), await both.count()]).toEqual([0, 1]);
      expect(await others.similaritySearch('zebra', 9)).toHaveLength(1);
      // One that is not there yet.
      const fresh = await attach({ collectionTableName, collectionName: 'fresh' });
      await fresh.addDocuments(documents(1));
      const theirsToo = await openTheirs({ collectionTableName, collectionName: 'fresh' });
      expect(await theirsToo.similaritySearch('cat')).toHaveLength(1);
      for (const store of [ours, both, fresh]) await store.detach();
    });

    it('is taken up anew where it was dropped and made again, or changed while triggers were off', async () => {
      const theirs = await openTheirs();
      await theirs.addDocuments(documents(40));
      const ours = await attach();
      await ours.refit({ quantizer });
      await pool.query(`ALTER TABLE ${tableName} DISABLE TRIGGER USER`);
      await pool.query(`DELETE FROM ${tableName} WHERE (metadata ->> 'n')::int < 35`);
      await theirs.addDocuments([new Document({ pageContent: 'a zebra', metadata: {} })]);
      await pool.query(`ALTER TABLE ${tableName} ENABLE TRIGGER USER`);
      // Codes of rows that are gone take no place of others.
      const shallow = await attach({ depth: { candidates: 5, rerank: 5 } });
      expect(await shallow.similaritySearch('cat', 5)).toHaveLength(5);
      expect(await ours.sync()).toBe(1);
      expect([await countOf('uncoded'), await countOf('codes'), await countOf('rows')]).toEqual([
        0, 6, 6,
      ]);
      expect(textsOf(await ours.similaritySearch('zebra', 1))).toEqual(['a zebra']);

      await pool.query(`DROP TABLE ${tableName}`);
      const next = await openTheirs();
      await next.addDocuments(documents(5));
      const again = await attach();
      expect(await again.similaritySearch('cat', 9)).toHaveLength(5);
      await again.refit({ quantizer });
      await pool.query(`DROP TABLE ${tableName}`);
      await again.detach();
    });

    it('is left alone by refits and searches of others at the same time', async () => {
      const theirs = await openTheirs();
      await theirs.addDocuments(documents(1200));
      const ours = await attach();
      const ids = Array.from({ length: 60 }, () => randomUUID());
      let isDone = false;
      const writing = (async () => {
        for (let i = 0; !isDone; i++) {
          const own = ids.slice((i * 3) % 60, ((i * 3) % 60) + 3);
          if (i < 20) await theirs.addDocuments(documents(3, 2000 + 3 * i), { ids: own });
          else if (i < 40)
            await pool.query(`UPDATE ${tableName} SET embedding = $2 WHERE id = ANY($1::uuid[])`, [
              own,
              JSON.stringify(await embeddings.embedQuery(`moved ${i}`)),
            ]);
          else if (i < 50) await theirs.delete({ ids: own });
          else await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      const refitting = ours.refit({ quantizer });
      for (let i = 0; i < 5; i++) expect(await ours.similaritySearch('cat', 3)).toHaveLength(3);
      await refitting;
      await ours.sync();
      await ours.refit({ quantizer });
      isDone = true;
      await writing;
      await ours.sync();
      const count = await ours.count();
      expect([await countOf('uncoded'), await countOf('codes'), await countOf('rows')]).toEqual([
        0,
        count,
        count,
      ]);
      // Every code is that of its vector.
      const { rows } = await pool.query<{ id: number; active: number }>(
        'SELECT id, active FROM bitryoshka.collections ORDER BY id DESC LIMIT 1',
      );
      const [{ id, active } = { id: 0, active: 0 }] = rows;
      const kept = await pool.query<{ code: string; vector: string }>(
        `SELECT code::text AS code, embedding::text AS vector FROM bitryoshka.codes_${id}_${active} c
         JOIN bitryoshka.rows_${id} r ON r.row = c.row JOIN ${tableName} t ON t.id = r.key`,
      );
      const encoded = quantizer.encode(
        kept.rows.map(({ vector }) => JSON.parse(vector) as number[]),
        'document',
      );
      expect(encoded.rows).toBe(count);
      const bits = (row: number) =>
        Array.from({ length: encoded.bits }, (_, j) => bitAt(encoded, row, j)).join('');
      expect(kept.rows.map((_, row) => bits(row))).toEqual(kept.rows.map(({ code }) => code));
      await ours.detach();
    });

    it('is copied into a store and back', async () => {
      const theirs = await openTheirs();
      await theirs.addDocuments(documents(30));
      const ours = await attach();
      await ours.refit({ quantizer });
      const local = new BinaryVectorStore(embeddings);
      expect(await copyStore(ours, local)).toEqual({ added: 30, present: 0 });
      const found = await local.similaritySearch('cat night', 5);
      expect(found).toEqual(await ours.similaritySearch('cat night', 5));
      await ours.delete({ deleteAll: true });
      expect(await copyStore(local, ours)).toEqual({ added: 30, present: 0 });
      expect(await copyStore(local, ours)).toEqual({ added: 0, present: 30 });
      expect(await theirs.similaritySearch('cat night', 5)).toEqual(found);
      await ours.detach();
    });
  });

  describe('a table of others that has ids of any kind', () => {
    const create = (isCoded: boolean) => async (of: WordEmbeddings) => {
      const name = `texts_${tables++}`;
      await pool.query(
        `CREATE TABLE ${name} (id text COLLATE "C" PRIMARY KEY, text text, metadata jsonb, embedding vector)`,
      );
      const store = await PgBinaryVectorStore.attach(of, { pool, tableName: name });
      if (isCoded) {
        const random = await fitQuantizer(
          [await of.embedQuery('cat'), await of.embedQuery('dog')],
          { kind: 'random', bits: 64 },
        );
        await store.refit({ quantizer: random });
      }
      return store;
    };
    describe('exact', () => vectorStoreSuite(create(false) as never, {}));
    describe('by codes', () => vectorStoreSuite(create(true) as never, {}));
  });
});
