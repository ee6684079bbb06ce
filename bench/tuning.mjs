// The tuner of searches, held to its word: the recall that is asked for, and that of queries it has not
// seen, on real passages (`../shared`).
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BinaryIndex, ExactIndex, tuneSearch } from '@bitryoshka/core';
import Table from 'cli-table3';
import { readPassages } from './read-passages.mjs';

const targets = [0.95, 0.98];
const nearest = 10;
/** Passages that ask: some the tuner, the others to measure it. */
const [asking, measuring] = [1000, 1000];

const file = fileURLToPath(new URL('../../shared/vectors/passages-minilm', import.meta.url));
if (!existsSync(`${file}.i8`)) {
  console.log('Skipped: needs ../shared/vectors.');
  process.exit(0);
}
const all = readPassages(file);
const { columns } = all;
const rows = all.rows - asking - measuring;
const part = (start, end) => ({
  rows: end - start,
  columns,
  data: all.data.subarray(start * columns, end * columns),
});
const documents = part(0, rows);
const queries = part(rows, rows + asking);
const unseen = Array.from({ length: measuring }, (_, i) =>
  all.data.subarray((rows + asking + i) * columns, (rows + asking + i + 1) * columns),
);
const exact = new ExactIndex(columns);
exact.add(documents);
const truth = unseen.map((query) => exact.search(query, { k: nearest }).map(({ row }) => row));

const table = new Table({
  head: ['asked for', 'bits', 'candidates', 're-ranked', 'tuned on', 'unseen', 'tuned in'],
});
for (const targetRecall of targets) {
  const start = performance.now();
  const { quantizer, depth, recall } = await tuneSearch(documents, { targetRecall, queries });
  const seconds = (performance.now() - start) / 1000;
  const index = new BinaryIndex({ quantizer });
  index.add(documents);
  let found = 0;
  for (const [i, query] of unseen.entries()) {
    for (const { row } of index.search(query, { k: nearest, ...depth })) {
      if (truth[i].includes(row)) found++;
    }
  }
  table.push([
    targetRecall,
    quantizer.bits,
    depth.candidates,
    depth.rerank,
    recall.toFixed(3),
    (found / (nearest * measuring)).toFixed(3),
    `${seconds.toFixed(0)} s`,
  ]);
}
console.log(table.toString());
