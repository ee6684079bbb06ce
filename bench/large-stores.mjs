// Stores that are kept, at a million documents: `BinaryVectorStore` in a file beside LangChain's `HNSWLib` in a folder
// and `LanceDB`. Real texts by the bundled model. Each is filled in a process of its own, and asked in another that
// opens what was kept. Usage: node large-stores.mjs [--write] [ROWS] [STORE …], by default 1,000,000 and all.
// --write puts the table into docs/benchmarks.md. What is compared with is installed into peers/ on first use.
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ExactIndex, RowSet } from '@bitryoshka/core';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { documentOf, driver, embeddings, isGerman, wordsOf } from './documents-in-a-file.mjs';
import {
  heldApart,
  median,
  recallOf,
  residentMegabytes,
  rowsOf,
  secondsOf,
} from './measure-searches.mjs';
import { installPeers } from './peers/install.mjs';
import { hasTexts, textVectors } from './real-vectors.mjs';
import { printTable, writeTable } from './write-table.mjs';

const k = 10;
const questionCount = 1200;
const blockRows = 10_000;
const measured = 300;
const { values, positionals } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    step: { type: 'string' },
    folder: { type: 'string' },
    truth: { type: 'string' },
  },
  allowPositionals: true,
});
const [rowsText = '1000000', ...chosen] = positionals;
const rows = Number(rowsText);
/** Of HNSWLib, until it finds this share. */
const efs = [100, 150, 200, 300, 400, 600];
const wantedRecall = 0.98;

/** How each store is filled and opened, and asked with and without a filter, or by words as well. */
const stores = {
  'BinaryVectorStore, hybrid': ours({ hybrid: true }),
  BinaryVectorStore: ours({}),
  HNSWLib: {
    fill: async (folder, blocks) => {
      const { HNSWLib } = await import('./peers/stores.mjs');
      const store = new HNSWLib(embeddings, { space: 'cosine' });
      for (const { lists, documents } of blocks) await store.addVectors(lists, documents);
      await store.save(join(folder, 'store'));
    },
    open: async (folder) => {
      const { HNSWLib } = await import('./peers/stores.mjs');
      const store = await HNSWLib.load(join(folder, 'store'), embeddings);
      return {
        efforts: efs,
        setEffort: (ef) => store.index.setEf(ef),
        plain: (query) => store.similaritySearchVectorWithScore(query, k),
        filtered: (query) =>
          store.similaritySearchVectorWithScore(query, k, ({ metadata }) => metadata.lang === 'de'),
        // Kept only as a whole.
        addOne: async (vector, document) => {
          await store.addVectors([vector], [document]);
          await store.save(join(folder, 'store'));
        },
      };
    },
  },
  LanceDB: {
    fill: async (folder, blocks) => {
      const { LanceDB, connect } = await import('./peers/stores.mjs');
      const database = await connect(join(folder, 'store'));
      let store;
      let table;
      for (const { lists, documents } of blocks) {
        if (!store) {
          const rowOf = ({ pageContent, metadata }, i) => ({
            vector: lists[i],
            text: pageContent,
            ...metadata,
          });
          table = await database.createTable('documents', documents.map(rowOf));
          store = new LanceDB(embeddings, { table });
        } else await store.addVectors(lists, documents);
      }
      await table.createIndex('vector');
    },
    open: async (folder) => {
      const { LanceDB, connect } = await import('./peers/stores.mjs');
      const table = await (await connect(join(folder, 'store'))).openTable('documents');
      const store = new LanceDB(embeddings, { table });
      return {
        plain: (query) => store.similaritySearchVectorWithScore(query, k),
        // LangChain's store takes no filter.
        addOne: (vector, document) => store.addVectors([vector], [document]),
      };
    },
  },
};

if (!hasTexts) console.log('Skipped: needs ../shared/text.');
else if (values.step) {
  process.send(await { fill, ask, findTruth }[values.step](stores[chosen[0]], values));
  process.exit();
} else await compare();

async function compare() {
  installPeers();
  const lines = [];
  const shared = mkdtempSync(join(tmpdir(), 'bitryoshka-truth-'));
  const truth = join(shared, 'truth.json');
  await inProcess('findTruth', '', ['--truth', truth]);
  for (const name of Object.keys(stores)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-large-'));
    try {
      const filled = await inProcess('fill', name, ['--folder', folder]);
      const asked =
        filled && (await inProcess('ask', name, ['--folder', folder, '--truth', truth]));
      if (asked) lines.push(lineOf(name, { ...filled, ...asked }));
      else lines.push([rows, name, 'fails', '', '', '', '', '', '', '', '', '']);
      console.log(lines.at(-1).join(' | '));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  rmSync(shared, { recursive: true });
  const head = [
    'documents',
    'store',
    'filled s',
    'MB on disk',
    'opened s',
    'MB resident',
    'recall@10',
    'ms',
    "ms of { lang: 'de' }",
    'its recall@10',
    'ms by words as well',
    'one addition ms',
  ];
  printTable(head, lines);
  if (values.write) writeTable('large-stores', head, lines, { keys: 2 });
}

function lineOf(name, { fill, disk, open, resident, plain, filtered, hybrid, one }) {
  const number = (value, digits) => (value === undefined ? '' : value.toFixed(digits));
  return [
    rows,
    name,
    number(fill, 0),
    number(disk, 0),
    number(open, 2),
    number(resident, 0),
    number(plain.recall, 3),
    number(plain.time, 2),
    number(filtered?.time, 2),
    number(filtered?.recall, 3),
    number(hybrid?.time, 2),
    number(one, 1),
  ];
}

/** What a step says, or undefined where its process ends without. */
function inProcess(step, name, options) {
  const child = fork(
    fileURLToPath(import.meta.url),
    ['--step', step, ...options, String(rows), name],
    { execArgv: ['--expose-gc', '--max-old-space-size=18000'] },
  );
  let said;
  child.on('message', (message) => {
    said = message;
  });
  return new Promise((resolve) => child.once('exit', () => resolve(said)));
}

async function fill(store, { folder }) {
  const { dimensions, vectors, queries } = await texts();
  const { asked } = heldApart(rowsOf({ data: queries }, dimensions), 3);
  const seconds = await secondsOf(() => store.fill(folder, blocks(vectors, dimensions), asked));
  return { fill: seconds, disk: bytesOf(folder) / 1e6 };
}

/** Who is nearest, once for all stores. */
async function findTruth(_, { truth }) {
  const { dimensions, vectors, queries } = await texts();
  const exact = new ExactIndex(dimensions);
  exact.add({ rows, columns: dimensions, data: vectors });
  const german = RowSet.where(rows, isGerman);
  const of = (allowed) =>
    askedOf(queries, dimensions).map((query) =>
      exact.search(query, { k, allowed }).map(({ row }) => row),
    );
  writeFileSync(truth, JSON.stringify({ all: of(), german: of(german) }));
  return {};
}

async function ask(store, { folder, truth: truthFile }) {
  // Before anything else is read.
  const before = residentMegabytes();
  let opened;
  const open = await secondsOf(async () => {
    opened = await store.open(folder);
  });
  for (let i = 0; i < 100; i++) {
    await opened.plain(Array.from({ length: 256 }, (_, j) => Math.sin(i + j)));
  }
  const resident = residentMegabytes() - before;
  const { dimensions, vectors, queries } = await texts();
  const asked = askedOf(queries, dimensions);
  const truth = JSON.parse(readFileSync(truthFile, 'utf8'));
  const way = async (search, wanted) => {
    if (!search) return undefined;
    const times = [];
    const found = [];
    await search(asked[0], 0);
    for (const [i, query] of asked.entries()) {
      const start = performance.now();
      const answers = await search(query, i);
      times.push(performance.now() - start);
      found.push(answers.map(([{ metadata }]) => metadata.row));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { time: median(times), recall: wanted && recallOf(found, wanted) };
  };
  let plain;
  for (const effort of opened.efforts ?? [undefined]) {
    opened.setEffort?.(effort);
    plain = await way(opened.plain, truth.all);
    if (plain.recall >= wantedRecall) break;
  }
  const filtered = await way(opened.filtered, truth.german);
  const hybrid = await way(opened.hybrid);
  const one = await secondsOf(() =>
    opened.addOne(Array.from(vectors.subarray(0, dimensions)), documentOf(rows)),
  );
  return { open, resident, plain, filtered, hybrid, one: 1000 * one };
}

function ours({ hybrid }) {
  return {
    fill: async (folder, blocks, asked) => {
      const file = join(folder, 'store.sqlite');
      const store = await BinaryVectorStore.open(file, embeddings, {
        driver,
        storage: 'float16',
        hybrid,
      });
      for (const { matrix, documents } of blocks) await store.addVectors(matrix, documents);
      await store.settled();
      for (const question of asked) {
        await store.similaritySearchVectorWithScore(question, k);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await store.settled();
      await store.close();
    },
    open: async (folder) => {
      const store = await BinaryVectorStore.open(join(folder, 'store.sqlite'), embeddings, {
        driver,
      });
      return {
        plain: (query) => store.similaritySearchVectorWithScore(query, k),
        filtered: (query) => store.similaritySearchVectorWithScore(query, k, { lang: 'de' }),
        hybrid: hybrid && ((_, i) => store.similaritySearchWithScore(wordsOf(7 * i), k)),
        addOne: (vector, document) => store.addVectors([vector], [document]),
      };
    },
  };
}

function* blocks(vectors, dimensions) {
  for (let start = 0; start < rows; start += blockRows) {
    const count = Math.min(blockRows, rows - start);
    const data = vectors.subarray(start * dimensions, (start + count) * dimensions);
    yield {
      matrix: { rows: count, columns: dimensions, data },
      get lists() {
        return rowsOf({ data }, dimensions).map((vector) => Array.from(vector));
      },
      documents: Array.from({ length: count }, (_, i) => documentOf(start + i)),
    };
  }
}

function askedOf(queries, dimensions) {
  const { queries: others } = heldApart(rowsOf({ data: queries }, dimensions), 3);
  return others.slice(0, measured).map((query) => Array.from(query));
}

function texts() {
  return textVectors({ rows, queries: questionCount });
}

function bytesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
