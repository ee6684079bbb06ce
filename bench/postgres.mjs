// 200,000 real vectors in one PostgreSQL: ours, pgvector's HNSW of vectors and half vectors, and its own bits, all
// re-ranked by half vectors: recall@10, searches a second by eight clients, index build and size.
//
//   BITRYOSHKA_POSTGRES=postgres://… node bench/postgres.mjs [--rows 200000] [--write] [NAME …]   (needs ../shared)
//
// The database must be one that may be filled and emptied. Names are those of `ways` below; without any, all.
import { parseArgs } from 'node:util';
import { ExactIndex } from '@bitryoshka/core';
import { PgBinaryVectorStore } from '@bitryoshka/langchain/postgres';
import pg from 'pg';
import { median, recallOf, rowsOf } from './measure-searches.mjs';
import { hasTexts, textVectors } from './real-vectors.mjs';
import { printTable, writeTable } from './write-table.mjs';

const k = 10;
const clients = 8;
const queryCount = 300;
/** Times that all queries are asked; the quickest counts. */
const rounds = 3;
const rowsPerInsert = 1000;
const schema = 'bitryoshka_bench';
/** As long as a passage. */
const text = 'What a passage says is as long as this. '.repeat(15);

const { values, positionals } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const rows = Number(values.rows);
const connection = process.env.BITRYOSHKA_POSTGRES;

/** What is measured, each at several depths. */
const ways = {
  vector: { label: 'pgvector, `vector`', prepare: plain('vector'), depths: [20, 40, 80, 160] },
  halfvec: { label: 'pgvector, `halfvec`', prepare: plain('halfvec'), depths: [20, 40, 80, 160] },
  binary: { label: 'pgvector, `binary_quantize`', prepare: binary, depths: [100, 200, 400, 800] },
  ours128: { label: 'ours, 128 bits', prepare: ours(128), depths: [100, 200, 400, 800] },
  ours256: { label: 'ours, 256 bits', prepare: ours(256), depths: [50, 100, 200, 400] },
  local128: { label: 'ours, 128 bits in the client', prepare: local(128), depths: [50, 100, 200] },
  local256: {
    label: 'ours, 256 bits in the client',
    prepare: local(256),
    depths: [25, 50, 100, 200],
  },
};
const head = [
  'bytes a code',
  'index',
  'depth',
  'recall@10',
  'searches a second',
  'ms, one client',
  'build s',
  'MB',
];

if (!connection)
  console.log('Skipped: needs BITRYOSHKA_POSTGRES, the URL of a database with pgvector.');
else if (!hasTexts) console.log('Skipped: needs ../shared/text.');
else await compare();

async function compare() {
  const { dimensions, vectors, queries } = await textVectors({ rows, queries: queryCount });
  const documents = { rows, columns: dimensions, data: vectors };
  const asked = rowsOf({ data: queries }, dimensions);
  const exact = new ExactIndex(dimensions);
  exact.add(documents);
  const nearest = asked.map((query) => exact.search(query, { k }).map(({ row }) => row));
  const pool = new pg.Pool({ connectionString: connection, max: clients });
  const given = { pool, documents, dimensions, unit: rowsOf({ data: vectors }, dimensions) };
  const table = [];
  const names = positionals.length > 0 ? positionals : Object.keys(ways);
  for (const name of names) {
    const { label, prepare, depths } = ways[name];
    const { search, bytes, build, size, end } = await prepare(given);
    for (const depth of depths) {
      const found = await Promise.all(asked.map((query) => search(query, depth)));
      const recall = recallOf(found, nearest);
      const rate = await searchesASecond(asked, (query) => search(query, depth));
      const ms = await alone(asked, (query) => search(query, depth));
      table.push([
        bytes,
        label,
        depth,
        recall.toFixed(3),
        rate.toFixed(0),
        ms.toFixed(2),
        build.toFixed(1),
        (size / 1e6).toFixed(1),
      ]);
      console.error(table.at(-1).join('  '));
    }
    await end();
  }
  printTable(head, table);
  if (values.write) writeTable('postgres', head, table, { page: 'benchmarks', keys: 3 });
  await pool.end();
}

/** Eight at a time, each beginning its next search when it has answered. */
async function searchesASecond(queries, search) {
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    let next = 0;
    const client = async () => {
      while (next < queries.length) await search(queries[next++]);
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: clients }, client));
    best = Math.max(best, (1000 * queries.length) / (performance.now() - start));
  }
  return best;
}

async function alone(queries, search) {
  const times = [];
  for (const query of queries) {
    const start = performance.now();
    await search(query);
    times.push(performance.now() - start);
  }
  return median(times);
}

/** @returns a way that has an HNSW of the vectors themselves */
function plain(type) {
  return async (given) => {
    const { pool, dimensions } = given;
    await fill(given, type);
    const build = await timed(() =>
      pool.query(`CREATE INDEX items_index ON items USING hnsw (embedding ${type}_cosine_ops)`),
    );
    const name = type;
    return {
      bytes: dimensions * (type === 'vector' ? 4 : 2),
      build,
      size: await sizeOf(pool, 'items_index'),
      search: async (query, depth) => {
        const { rows: found } = await pool.query({
          text: `SELECT i.id, content, metadata FROM (SELECT set_config('hnsw.ef_search', $2, true)) s,
            LATERAL (SELECT id, content, metadata FROM items ORDER BY embedding <=> $1::${name} LIMIT ${k}) i`,
          values: [literal(query), String(depth)],
        });
        return found.map(({ id }) => Number(id));
      },
      end: () => pool.query('DROP TABLE items'),
    };
  };
}

/** As pgvector's README shows it: signs, re-ranked. */
async function binary(given) {
  const { pool, dimensions } = given;
  await fill(given, 'halfvec');
  const code = `binary_quantize(embedding)::bit(${dimensions})`;
  const build = await timed(() =>
    pool.query(`CREATE INDEX items_index ON items USING hnsw ((${code}) bit_hamming_ops)`),
  );
  return {
    bytes: dimensions / 8,
    build,
    size: await sizeOf(pool, 'items_index'),
    search: async (query, depth) => {
      const { rows: found } = await pool.query({
        text: `SELECT i.id, content, metadata FROM (SELECT set_config('hnsw.ef_search', $2, true)) s,
          LATERAL (SELECT id, content, metadata FROM (
            SELECT id, content, metadata, embedding FROM items
            ORDER BY ${code} <~> binary_quantize($1::halfvec(${dimensions})) LIMIT ${depth}
          ) near ORDER BY embedding <=> $1::halfvec(${dimensions}) LIMIT ${k}) i`,
        values: [literal(query), String(depth)],
      });
      return found.map(({ id }) => Number(id));
    },
    end: () => pool.query('DROP TABLE items'),
  };
}

/** @returns a way that has an HNSW of the codes */
function ours(bits) {
  return async (given) => {
    const { pool } = given;
    const store = await filled(given, bits);
    const build = await timed(() => store.index({ kind: 'hnsw' }));
    return { bytes: bits / 8, build, size: await indexesOfCodes(pool), ...searching(pool) };
  };
}

/** @returns a way whose codes are searched by the client: it reads them, and that is all that is built */
function local(bits) {
  return async (given) => {
    const { pool } = given;
    await filled(given, bits);
    const options = { pool, schema, localCodes: true };
    let store;
    const build = await timed(async () => {
      store = await PgBinaryVectorStore.open({}, options);
    });
    const { bytes } = await store.health();
    const size = (await indexesOfCodes(pool)) + bytes.localCodes;
    return { bytes: bits / 8, build, size, ...searching(pool, options) };
  };
}

async function filled({ pool, documents, unit }, bits) {
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  const store = await PgBinaryVectorStore.open({}, { pool, schema });
  const texts = unit.map((_, i) => ({ pageContent: text, metadata: { number: i }, id: String(i) }));
  const added = await timed(() => store.addVectors(documents, texts));
  const fitted = await timed(() => store.refit({ quantizer: { kind: 'autoencoder', bits } }));
  console.error(`added ${added.toFixed(1)} s, fitted and encoded ${fitted.toFixed(1)} s`);
  return store;
}

function searching(pool, options = {}) {
  const stores = new Map();
  const open = (depth) =>
    PgBinaryVectorStore.open(
      {},
      { pool, schema, depth: { candidates: depth, rerank: depth }, ...options },
    );
  return {
    search: async (query, depth) => {
      if (!stores.has(depth)) stores.set(depth, open(depth));
      const answers = await (await stores.get(depth)).similaritySearchVectorWithScore(query, k);
      return answers.map(([{ id }]) => Number(id));
    },
    end: () => pool.query(`DROP SCHEMA ${schema} CASCADE`),
  };
}

async function indexesOfCodes(pool) {
  const { rows: found } = await pool.query(
    `SELECT sum(pg_relation_size(indexrelid)) AS size FROM pg_stat_user_indexes
     WHERE schemaname = $1 AND relname LIKE 'codes_%' AND indexrelname NOT LIKE '%_pkey'`,
    [schema],
  );
  return Number(found[0].size);
}

async function fill({ pool, dimensions, unit }, type) {
  await pool.query('CREATE EXTENSION IF NOT EXISTS vector');
  await pool.query('DROP TABLE IF EXISTS items');
  await pool.query(
    `CREATE TABLE items (id bigint PRIMARY KEY, content text, metadata jsonb, embedding ${type}(${dimensions}))`,
  );
  for (let start = 0; start < unit.length; start += rowsPerInsert) {
    const some = unit.slice(start, start + rowsPerInsert);
    await pool.query(
      `INSERT INTO items SELECT id, $3, jsonb_build_object('number', id), embedding::${type}
       FROM unnest($1::bigint[], $2::text[]) AS t (id, embedding)`,
      [some.map((_, i) => start + i), some.map(literal), text],
    );
  }
  await pool.query('ANALYZE items');
}

async function sizeOf(pool, index) {
  const { rows: found } = await pool.query('SELECT pg_relation_size($1) AS size', [index]);
  return Number(found[0].size);
}

function literal(vector) {
  return `[${vector.join(',')}]`;
}

async function timed(task) {
  const start = performance.now();
  await task();
  return (performance.now() - start) / 1000;
}
