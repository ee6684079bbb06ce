// The index: filters, additions beside searches, and ten million codes, scanned and in lists.
// Usage: node --expose-gc index.mjs [filters] [adds] [threads] [large]; by default the first two.
// Vectors are blends of pairs of real ones where ../shared has them, which keeps their spectrum, and
// random with a falling spectrum elsewhere.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { BinaryIndex, fitQuantizer, lists, RowSet } from '@bitryoshka/core';
import { SearchPool } from '@bitryoshka/core/node';
import Table from 'cli-table3';
import { generator, normals } from './generator.mjs';
import { readPassages } from './read-passages.mjs';

const bits = 128;
const shared = fileURLToPath(new URL('../../shared/vectors/passages-minilm', import.meta.url));
const parts = process.argv.slice(2);
const base = existsSync(`${shared}.i8`) ? readPassages(shared) : fallingSpectrum(20_000, 384);
const quantizer = await fitQuantizer(rowsOf(base, 0, 20_000), { kind: 'itq', bits });
/** What the bits are the signs of: to blend these is to blend the vectors, and spares the encoding. */
const projected = quantizer.project(rowsOf(base, 0, 20_000), 'document');
const signs = await fitQuantizer(projected, { kind: 'sign', bits, decoder: false });
/** Vectors are nowhere: searches end with scores by code. */
const codesOnly = { storage: { fetchVectors: () => Promise.reject(new Error('no vectors')) } };

if (parts.length === 0 || parts.includes('filters')) filters();
if (parts.length === 0 || parts.includes('adds')) await adds();
if (parts.includes('threads')) await threads(1_000_000);
if (parts.includes('large')) await large(10_000_000);

/** Times of searches among a million codes under filters, as shares of that without one. */
function filters() {
  const rows = 1_000_000;
  const index = new BinaryIndex({ quantizer: signs, ...codesOnly });
  for (const block of blends(rows, generator(1))) index.add(block);
  const random = generator(2);
  const queries = asQueries(50, random);
  const everyTenth = RowSet.where(rows, (row) => row % 10 === 0);
  const onePercent = RowSet.where(rows, () => random() < 0.01);
  const tenRows = RowSet.of(Array.from({ length: 10 }, () => Math.floor(random() * rows)));
  const options = { k: 10, candidates: 100, rerank: 0, scoring: 'asymmetric' };
  const time = (allowed) =>
    fastest(queries, (query) => index.search(query, { ...options, allowed }));
  const all = time();
  const table = new Table({ head: ['filter, 1M x 128 bits', 'ms', 'share'] });
  for (const [name, allowed] of [
    ['none', undefined],
    ['every tenth row', everyTenth],
    ['1 %', onePercent],
    ['10 rows', tenRows],
  ]) {
    const milliseconds = allowed ? time(allowed) : all;
    table.push([name, milliseconds.toFixed(3), (milliseconds / all).toFixed(2)]);
  }
  console.log(table.toString());
}

/** Vectors a second, and how long an event waits meanwhile. */
async function adds() {
  const vectors = rowsOf(base, 0, base.rows);
  const index = new BinaryIndex({ quantizer });
  await new BinaryIndex({ quantizer }).addAsync(rowsOf(base, 0, 20_000));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let longest = 0;
  let asked = 0;
  const query = base.data.slice(0, base.columns);
  const timer = setInterval(() => {
    const start = performance.now();
    index.search(query, { k: 10, rerank: 10, candidates: 100 });
    longest = Math.max(longest, performance.now() - start);
    asked++;
  }, 5);
  const start = performance.now();
  await index.addAsync(vectors);
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  delay.disable();
  // The fastest of several: a core that others share is slower for seconds at a time.
  const undisturbed = Math.min(...Array.from({ length: 5 }, secondsToAdd));
  console.log(
    `additions of ${base.columns} dimensions to ${bits} bits: ${Math.round(base.rows / undisturbed)} a second, ` +
      `${Math.round(base.rows / seconds)} beside ${asked} searches\n` +
      `an event waits ${(delay.percentile(50) / 1e6).toFixed(1)} ms at the median, ` +
      `${(delay.percentile(99) / 1e6).toFixed(1)} at the 99th percentile, ${(delay.max / 1e6).toFixed(1)} at most; ` +
      `a search takes ${longest.toFixed(1)} ms at most`,
  );
}

/** To encode and add every vector, a thousand at a time. */
function secondsToAdd() {
  const index = new BinaryIndex({ quantizer });
  const start = performance.now();
  for (let i = 0; i < base.rows; i += 1000) {
    index.add(rowsOf(base, i, Math.min(base.rows, i + 1000)));
  }
  return (performance.now() - start) / 1000;
}

/** What threads that search the same index cost in memory, and what sharing it costs in time. */
async function threads(rows) {
  const options = { k: 10, candidates: 400, rerank: 100, scoring: 'asymmetric' };
  const queries = asQueries(200, generator(2));
  const before = resident();
  const index = new BinaryIndex({ quantizer: signs, storage: 'float16' });
  for (const block of blends(rows, generator(1))) index.add(block);
  const own = resident() - before;
  const alone = fastest(queries, (query) => index.search(query, options));
  const expected = queries.map((query) => index.search(query, options));
  const start = performance.now();
  const pool = new SearchPool(index, { workers: 2 });
  const moved = performance.now() - start;
  const found = await pool.searchBatch(queries, options);
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error('threads found others');
  const withThreads = resident() - before;
  const shared = fastest(queries, (query) => index.search(query, options));
  let best = Infinity;
  for (let run = 0; run < 5; run++) {
    const began = performance.now();
    await pool.searchBatch(queries, options);
    best = Math.min(best, performance.now() - began);
  }
  await pool.close();
  console.log(
    `${rows} x ${bits} with float16 vectors: ${megabytes(own)} resident, ${megabytes(withThreads)} with two threads ` +
      `that search it; moved to shared memory in ${moved.toFixed(0)} ms\n` +
      `a search by its owner takes ${(shared / alone).toFixed(2)} of the time in shared memory; ` +
      `of a batch in two threads ${(best / queries.length / alone).toFixed(2)} on ${availableParallelism()} cores`,
  );
}

/** Memory and times of a scan of all codes, and of lists. */
async function large(rows) {
  const options = { k: 10, candidates: 200, rerank: 0, scoring: 'asymmetric' };
  const queries = asQueries(400, generator(2));
  const [chosenOn, asked] = [queries.slice(0, 200), queries.slice(200)];
  const before = resident();
  const index = new BinaryIndex({ quantizer: signs, ...codesOnly });
  for (const block of blends(rows, generator(1))) index.add(block);
  const scannedBytes = resident() - before;
  const truth = asked.map((query) => index.search(query, options).map(({ row }) => row));
  const scanTime = fastest(asked.slice(0, 50), (query) => index.search(query, options));
  console.log(
    `scan of ${rows} x ${bits}: ${scanTime.toFixed(2)} ms, ${megabytes(scannedBytes)} resident`,
  );
  const middle = resident();
  const start = performance.now();
  const nlist = 4096;
  await index.attach(lists({ nlist, centroids: 'codes' }));
  await index.maintain();
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${nlist} lists: learned and filled in ${seconds.toFixed(0)} s, ` +
      `${megabytes(resident() - middle)} resident besides`,
  );
  const { k, ...depth } = options;
  for (const targetRecall of [0.9, 0.95, 0.97]) {
    await index.tuneFinder(chosenOn, { ...depth, targetRecall, k });
    const found = asked.map((query) => index.search(query, options).map(({ row }) => row));
    const shares = found.map((hits, i) => hits.filter((row) => truth[i].includes(row)).length / 10);
    const recall = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const time = fastest(asked, (query) => index.search(query, options));
    console.log(
      `asked for ${targetRecall}: ${time.toFixed(3)} ms, ${(scanTime / time).toFixed(1)} x as fast, ` +
        `${recall.toFixed(3)} of what a scan finds`,
    );
  }
}

/** The mean over queries of the fastest of a few runs: what interrupts one only ever adds. */
function fastest(queries, search) {
  let sum = 0;
  for (const query of queries) {
    let best = Infinity;
    for (let run = 0; run < 5; run++) {
      const start = performance.now();
      search(query);
      best = Math.min(best, performance.now() - start);
    }
    sum += best;
  }
  return sum / queries.length;
}

/** Blocks of vectors, each .8 of one projected vector and .6 of another. */
function* blends(rows, random, blockRows = 10_000) {
  const { columns, data } = projected;
  for (let start = 0; start < rows; start += blockRows) {
    const block = new Float32Array(Math.min(blockRows, rows - start) * columns);
    for (let offset = 0; offset < block.length; offset += columns) {
      const a = Math.floor(random() * projected.rows) * columns;
      const b = Math.floor(random() * projected.rows) * columns;
      for (let j = 0; j < columns; j++) block[offset + j] = 0.8 * data[a + j] + 0.6 * data[b + j];
    }
    yield { rows: block.length / columns, columns, data: block };
  }
}

function asQueries(count, random) {
  const [{ columns, data }] = blends(count, random);
  return Array.from({ length: count }, (_, i) => data.slice(i * columns, (i + 1) * columns));
}

function fallingSpectrum(rows, columns) {
  const normal = normals(generator(9));
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) data[i] = normal() / Math.sqrt(1 + (i % columns));
  return { rows, columns, data };
}

function rowsOf({ columns, data }, start, end) {
  return { rows: end - start, columns, data: data.subarray(start * columns, end * columns) };
}

function resident() {
  // Twice: what finalizers let go is collected the second time.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
