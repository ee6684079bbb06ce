// A store in a SQLite file: what adding, opening and searching take, with the longest block of the event loop. Real
// texts by the bundled model.
// Usage: node --expose-gc in-a-file.mjs [--index scan] [--storage float16] [--hybrid] [ROWS], by default 100,000.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { documentOf, driver, embeddings, wordsOf } from './documents-in-a-file.mjs';
import { heldApart, median, residentMegabytes, rowsOf, secondsOf } from './measure-searches.mjs';
import { hasTexts, textVectors } from './real-vectors.mjs';
import { printTable } from './write-table.mjs';

const k = 10;
const questionCount = 1200;
const blockRows = 10_000;
const filter = { lang: 'de' };

const { values, positionals } = parseArgs({
  options: {
    index: { type: 'string' },
    storage: { type: 'string', default: 'float16' },
    hybrid: { type: 'boolean', default: false },
    open: { type: 'string' },
  },
  allowPositionals: true,
});
const rows = Number(positionals[0] ?? 100_000);
let longest = 0;
let last = performance.now();
const clock = setInterval(() => {
  longest = Math.max(longest, performance.now() - last);
  last = performance.now();
}, 1);

if (!hasTexts) console.log('Skipped: needs ../shared/text.');
else if (values.open) await measureOpen(values.open);
else await measure();
clearInterval(clock);

async function measure() {
  const most = Math.max(rows, 100_000);
  const {
    dimensions,
    vectors,
    queries: all,
  } = await textVectors({
    rows: most,
    queries: questionCount,
  });
  const { asked, queries } = heldApart(rowsOf({ data: all }, dimensions), 3);
  const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-file-'));
  const file = join(folder, 'store.sqlite');
  const lines = [];
  const watch = async (name, task) => {
    longest = 0;
    last = performance.now();
    const seconds = await secondsOf(task);
    // The clock has its turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
    lines.push([name, seconds.toFixed(2), longest.toFixed(0)]);
  };
  try {
    const { index, storage, hybrid } = values;
    const store = await BinaryVectorStore.open(file, embeddings, {
      driver,
      index,
      storage,
      hybrid,
    });
    const matrixOf = (start, end) => ({
      rows: end - start,
      columns: dimensions,
      data: vectors.subarray(start * dimensions, end * dimensions),
    });
    await watch(`add ${rows}, ${blockRows} at a time`, async () => {
      for (let start = 0; start < rows; start += blockRows) {
        const end = Math.min(rows, start + blockRows);
        const documents = Array.from({ length: end - start }, (_, i) => documentOf(start + i));
        await store.addVectors(matrixOf(start, end), documents);
      }
    });
    await watch('codes and links, in the background', () => store.settled());
    await watch('learn from questions', async () => {
      for (const question of asked) {
        await store.similaritySearchVectorWithScore(question, k);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await store.settled();
    });
    await watch('the first filter', () =>
      store.similaritySearchVectorWithScore(queries[0], k, filter),
    );
    await watch('add one', () => store.addVectors(matrixOf(0, 1), [documentOf(rows)]));
    const ways = {
      plain: (query) => store.similaritySearchVectorWithScore(query, k),
      filtered: (query) => store.similaritySearchVectorWithScore(query, k, filter),
      ...(hybrid && { hybrid: (_, i) => store.similaritySearchWithScore(wordsOf(7 * i), k) }),
    };
    const searches = [];
    for (const [name, search] of Object.entries(ways)) {
      searches.push([name, (await medianTime(search, queries)).toFixed(3)]);
    }
    const { index: found, bits } = store.stats();
    await store.close();
    printTable(['what', 's', 'longest block ms'], lines);
    printTable(['search', 'median ms'], searches);
    console.log(`${found}, ${bits} bits, ${(statSync(file).size / 1e6).toFixed(0)} MB on disk`);
    // In a process of its own, that has nothing yet.
    await openElsewhere(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureOpen(file) {
  const before = residentMegabytes();
  longest = 0;
  let store;
  const seconds = await secondsOf(async () => {
    store = await BinaryVectorStore.open(file, embeddings, { driver });
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const block = longest;
  const { dimensions } = store.stats();
  for (let i = 0; i < 100; i++) {
    const query = Float32Array.from({ length: dimensions }, (_, j) => Math.sin(i + j));
    await store.similaritySearchVectorWithScore(query, k);
  }
  const resident = residentMegabytes() - before;
  await store.close();
  console.log(
    `opened in ${seconds.toFixed(2)} s, longest block ${block.toFixed(0)} ms, ${resident.toFixed(0)} MB resident after 100 searches`,
  );
}

function openElsewhere(file) {
  const child = fork(fileURLToPath(import.meta.url), ['--open', file], {
    execArgv: ['--expose-gc'],
  });
  return new Promise((resolve) => child.once('exit', resolve));
}

async function medianTime(search, queries) {
  const times = [];
  for (const [i, query] of queries.slice(0, 300).entries()) {
    const start = performance.now();
    await search(query, i);
    times.push(performance.now() - start);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return median(times);
}
