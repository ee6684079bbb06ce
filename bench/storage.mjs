// How vectors may be kept: bytes, what is found by them alone and behind codes of 33 bytes, and what it takes. Real
// passages and questions, turned at random: the passages come as whole numbers, which int8 would keep exactly.
// Usage: node storage.mjs [--write] [ROWS], by default 100,000. --write puts the lines into docs/benchmarks.md.
import { parseArgs } from 'node:util';
import { applyAffineMap, BinaryIndex, fitQuantizer } from '@bitryoshka/core';
import { vectorCodec } from '@bitryoshka/core/internal';
import { medianTimes, recallOf, rowsOf, secondsOf } from './measure-searches.mjs';
import { orthonormalColumns } from './orthonormal-columns.mjs';
import { hasPassages, passageVectors } from './real-vectors.mjs';
import { printTable, writeTable } from './write-table.mjs';

const k = 10;
const questionCount = 600;
const fittedRows = 20_000;
const bits = 256;
const candidates = 2000;
const depths = [100, 200];
const storages = ['float32', 'float16', 'int8', 'int4', 'int2'];
const head = [
  'storage',
  'bytes',
  'recall@10 alone',
  'ms',
  ...depths.flatMap((depth) => [`re-ranking ${depth}`, 'ms']),
  'encoded in a second',
];

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const rows = Number(positionals[0] ?? 100_000);
if (hasPassages) await measure();
else console.log('Skipped: needs ../shared/vectors.');

async function measure() {
  const {
    dimensions,
    vectors: data,
    queries: asked,
  } = passageVectors({
    rows,
    queries: questionCount,
  });
  const turn = turning(dimensions);
  const vectors = turn(data);
  const queries = rowsOf(turn(asked), dimensions);
  const fitted = { rows: fittedRows, columns: dimensions, data: everyNth(vectors, fittedRows) };
  const quantizer = await fitQuantizer(fitted, { kind: 'itq', bits });
  const alone = await filled({ dimensions }, vectors);
  const behind = await filled({ quantizer }, vectors);
  const truth = foundBy(alone[0], queries, { k });
  const options = [{ k }, ...depths.map((rerank) => ({ k, candidates, rerank }))];
  const measured = [];
  for (const [i, each] of options.entries()) {
    const indexes = i === 0 ? alone : behind;
    const times = await medianTimes(
      queries,
      indexes.map((index) => (query) => index.search(query, each)),
    );
    const recalls = indexes.map((index) => recallOf(foundBy(index, queries, each), truth));
    measured.push(
      storages.map((_, s) => [recalls[s].toFixed(3), times[s].toFixed(i === 0 ? 1 : 3)]),
    );
  }
  const lines = [];
  for (const [s, storage] of storages.entries()) {
    const bytes = alone[s].bytesPerVector;
    const figures = measured.flatMap((ofDepth) => ofDepth[s]);
    lines.push([storage, bytes, ...figures, await encodedInASecond(storage, vectors)]);
  }
  printTable(head, lines);
  if (values.write) writeTable('storage', head, lines, { keys: 1 });
}

function turning(dimensions) {
  const weights = orthonormalColumns(dimensions, dimensions);
  const map = { weights, bias: new Float32Array(dimensions), inputDimensions: dimensions };
  return (data) =>
    applyAffineMap(map, { rows: data.length / dimensions, columns: dimensions, data });
}

function everyNth({ rows: count, columns, data }, wanted) {
  const taken = new Float32Array(wanted * columns);
  for (let i = 0; i < wanted; i++) {
    const from = Math.floor((i * count) / wanted) * columns;
    taken.set(data.subarray(from, from + columns), i * columns);
  }
  return taken;
}

async function filled(given, vectors) {
  const indexes = [];
  for (const storage of storages) {
    const index = new BinaryIndex({ ...given, storage });
    await index.addAsync(vectors);
    indexes.push(index);
  }
  return indexes;
}

function foundBy(index, queries, options) {
  return queries.map((query) => index.search(query, options).map(({ row }) => row));
}

async function encodedInASecond(storage, { columns, data }) {
  const codec = vectorCodec(storage, columns);
  const bytes = new Uint8Array(codec.bytesPerVector);
  const seconds = await secondsOf(() => {
    for (let at = 0; at < data.length; at += columns) {
      codec.encode(data.subarray(at, at + columns), bytes);
    }
  });
  return Math.round(data.length / columns / seconds / 1000) * 1000;
}
