// Lengths of decoded codes: kept in a byte, or computed for the candidates of each search.
// Usage: node bench/norms.mjs. Vectors are real ones where ../shared has them, random elsewhere.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FlatIndex, fitQuantizer } from '@bitryoshka/core';
import Table from 'cli-table3';
import { readPassages } from './read-passages.mjs';

const rows = 100_000;
const learned = 5000;
const asked = 40;
const rounds = 7;
const shared = fileURLToPath(new URL('../../shared/vectors/passages-minilm', import.meta.url));
const base = existsSync(`${shared}.i8`) ? readPassages(shared) : randomVectors(rows, 384);
const queries = Array.from({ length: asked }, (_, i) => rowsOf(i, i + 1).data);
/** Vectors are nowhere: searches end with scores by code. */
const storage = { fetchVectors: () => Promise.reject(new Error('no vectors')) };

const head = ['bits', 'candidates', 'wanted', 'stored, ms', 'computed, ms', 'ratio', 'lengths'];
const table = new Table({ head: [...head, 'found by both'] });
for (const bits of [64, 128, 256]) {
  const quantizer = await fitQuantizer(rowsOf(0, learned), { kind: 'itq', bits });
  const codes = quantizer.encode(rowsOf(0, Math.min(rows, base.rows)), 'document');
  const [stored, computed] = ['stored', 'computed'].map(
    (norms) => new FlatIndex(quantizer, undefined, codes, { storage, norms }),
  );
  for (const [candidates, k] of [
    [100, 10],
    [1000, 10],
    [1000, 100],
  ]) {
    const search = (index) => (query) => index.search(query, { k, candidates, rerank: 0 });
    const [kept, taken] = fastest([search(stored), search(computed)]);
    const lengths = countLengths(quantizer.decoder, () => queries.map(search(computed))) / asked;
    const same = queries.map((query) => {
      const found = new Set(search(stored)(query).map(({ row }) => row));
      return search(computed)(query).filter(({ row }) => found.has(row)).length / k;
    });
    const share = same.reduce((sum, value) => sum + value, 0) / asked;
    const times = [kept.toFixed(3), taken.toFixed(3), (taken / kept).toFixed(1)];
    table.push([
      bits,
      candidates,
      k,
      ...times,
      Math.round(lengths),
      `${(100 * share).toFixed(1)} %`,
    ]);
  }
}
console.log(table.toString());

/** Milliseconds a query, of the fastest of several rounds, in turn. */
function fastest(searches) {
  const times = searches.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [i, search] of searches.entries()) {
      const start = performance.now();
      for (const query of queries) search(query);
      times[i] = Math.min(times[i], (performance.now() - start) / asked);
    }
  }
  return times;
}

function countLengths(decoder, search) {
  let count = 0;
  const compute = decoder.norms;
  decoder.norms = (codes) => {
    count += codes.rows;
    return compute.call(decoder, codes);
  };
  search();
  decoder.norms = compute;
  return count;
}

function rowsOf(start, end) {
  const { columns, data } = base;
  return { rows: end - start, columns, data: data.subarray(start * columns, end * columns) };
}

function randomVectors(count, columns) {
  const data = Float32Array.from({ length: count * columns }, (_, p) => {
    const noise = Math.random() + Math.random() + Math.random() - 1.5;
    return noise / (1 + (p % columns) / 64);
  });
  return { rows: count, columns, data };
}
