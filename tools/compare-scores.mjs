// What each way of scoring the same codes finds and costs: the table of docs/scoring.md, on standard output.
// Usage: node tools/compare-scores.mjs [FOLDER OF BEIR SETS] [SUBFOLDER OF VECTORS]
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bitAt, ExactIndex, fitQuantizer } from '../packages/core/dist/index.js';
import { readBeirFolder } from '../packages/core/dist/node/index.js';

const [data = '../shared/data', vectors = 'minilm'] = process.argv.slice(2);
const lengths = [64, 128, 256];
const k = 10;
/** Enough for differences of a point; some sets have thousands. */
const mostQueries = 400;

const sets = readdirSync(data).filter((name) => existsSync(join(data, name, vectors)));
const tasks = await Promise.all(sets.map((name) => readBeirFolder(join(data, name), { vectors })));
const names = tasks.map(({ name }) => basename(name));
console.log(`| bits | score | bytes beside the code | ${names.join(' | ')} |`);
console.log(`| --- | --- | --- |${' --- |'.repeat(tasks.length)}`);
for (const bits of lengths) {
  const columns = [];
  for (const task of tasks) columns.push(await measure(task, bits));
  for (const [i, { name, bytes }] of columns[0].entries()) {
    const recalls = columns.map((rows) => rows[i].recall.toFixed(3).replace(/^0/, ''));
    console.log(`| ${bits} | ${name} | ${bytes} | ${recalls.join(' | ')} |`);
  }
}

async function measure({ documents, queries }, bits) {
  const quantizer = await fitQuantizer(documents, { kind: 'itq', bits });
  const codes = quantizer.encode(documents, 'document');
  const signs = Array.from({ length: codes.rows }, (_, i) =>
    Float32Array.from({ length: bits }, (_value, j) => 2 * bitAt(codes, i, j) - 1),
  );
  const real = rows(quantizer.project(documents, 'document'));
  const { decoder } = quantizer;
  const lengthsOfDecoded = decoder.norms(codes);
  const bytes = decoder.encodeNorms(codes);
  const inverseByBytes = decoder.inverseNorms();
  const origin = quantizer.project([new Float32Array(documents.columns)], 'query').data;
  const mean = columnMeans(rows(documents));

  // E|z_j|, and E[z_j | b_j] for either value of the bit.
  const weights = columnMeans(real.map((row) => row.map(Math.abs)));
  const levels = [-1, 1].map((sign) => conditionalMeans(real, signs, sign));
  // RaBitQ: q·z is estimated as (q·b) |z|² / (b·z).
  const factors = real.map((row, i) => dot(row, row) / dot(row, signs[i]));
  const withMean = rows(documents).map((row) => dot(row, mean));

  const all = [
    ['asymmetric', 0, (q) => (i) => dot(q.centred, signs[i])],
    [
      'with a weight per bit',
      0,
      (q) => {
        const weighted = q.centred.map((value, j) => value * weights[j]);
        return (i) => dot(weighted, signs[i]);
      },
    ],
    [
      'with conditional means',
      0,
      (q) => {
        const [low, high] = levels.map((level) => q.centred.map((value, j) => value * level[j]));
        const constant = (sum(low) + sum(high)) / 2;
        const half = high.map((value, j) => (value - low[j]) / 2);
        return (i) => dot(half, signs[i]) + constant;
      },
    ],
    ['with the factor of RaBitQ', 4, (q) => (i) => factors[i] * dot(q.uncentred, signs[i])],
    [
      'with that and the product with the mean',
      8,
      (q) => (i) => factors[i] * dot(q.centred, signs[i]) + withMean[i],
    ],
    ['decoded, without the length', 0, (q) => (i) => dot(q.values, signs[i]) + q.constant],
    [
      'decoded, length in a byte',
      1,
      (q) => (i) => (dot(q.values, signs[i]) + q.constant) * inverseByBytes[bytes[i]],
    ],
    [
      'decoded, length as float32',
      4,
      (q) => (i) => (dot(q.values, signs[i]) + q.constant) / lengthsOfDecoded[i],
    ],
  ];

  const exact = new ExactIndex(documents.columns);
  exact.add(documents);
  const step = Math.max(1, Math.floor(queries.rows / mostQueries));
  const asked = rows(queries).filter((_, i) => i % step === 0);
  const found = all.map(() => 0);
  for (const query of asked) {
    const wanted = new Set(exact.search(query, { k }).map(({ row }) => row));
    const centred = quantizer.project([query], 'query').data;
    const uncentred = centred.map((value, j) => value - origin[j]);
    const q = { centred, uncentred, ...decoder.query(query) };
    for (const [place, [, , scorer]] of all.entries()) {
      const score = scorer(q);
      const scores = Float64Array.from(signs, (_, i) => score(i));
      found[place] += nearest(scores).filter((row) => wanted.has(row)).length;
    }
  }
  return all.map(([name, extra], i) => ({
    name,
    bytes: extra,
    recall: found[i] / (k * asked.length),
  }));
}

function nearest(scores) {
  return Array.from(scores.keys())
    .sort((a, b) => scores[b] - scores[a])
    .slice(0, k);
}

function rows({ rows: count, columns, data: values }) {
  return Array.from({ length: count }, (_, i) => values.subarray(i * columns, (i + 1) * columns));
}

function dot(a, b) {
  let total = 0;
  for (let j = 0; j < a.length; j++) total += a[j] * b[j];
  return total;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

function columnMeans(list) {
  const means = new Float32Array(list[0].length);
  for (const row of list) for (let j = 0; j < row.length; j++) means[j] += row[j] / list.length;
  return means;
}

function conditionalMeans(real, signs, sign) {
  return Float32Array.from({ length: real[0].length }, (_, j) => {
    const own = real.filter((_row, i) => signs[i][j] === sign);
    return own.reduce((total, row) => total + row[j], 0) / Math.max(1, own.length);
  });
}
