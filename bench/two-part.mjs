// Codes in two parts beside codes of bits, faiss' quantizers, and bits as other engines keep them: what is found by all
// rows scored and by a search, and how fast, on passages and real questions, or on a million texts by the bundled model.
//
//   node bench/two-part.mjs [--million] [--kept] [--write] [NAME-BYTES …]   (needs ../shared)
//
// Names are those of `codes` below, bytes without that for a length: residual-16, rq-16, int4-32. Without any, all that
// are not measured yet, or none with --kept. What is measured stays in .cache/two-part; --write puts it into
// docs/quality.md. faiss is asked where PYTHON (or python3) can import it: `pip install faiss-cpu numpy` in a virtual
// environment does.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applyAffineMap, BinaryIndex, ExactIndex, fitQuantizer } from '@bitryoshka/core';
import { median, recallOf, rowsOf } from './measure-searches.mjs';
import { orthonormalColumns } from './orthonormal-columns.mjs';
import {
  bytesOf,
  hasPassages,
  hasTexts,
  passageVectors,
  readFloats,
  textVectors,
} from './real-vectors.mjs';
import { printTable, writeTable } from './write-table.mjs';

const k = 10;
const learnedRows = 40_000;
/** How many are re-ranked; 50 is an oversampling of 5. */
const depths = [0, 40, 50, 100, 200];
const deepest = 200;
const timedDepth = 100;
const refinedBytes = 32;

const { values, positionals } = parseArgs({
  options: {
    million: { type: 'boolean', default: false },
    kept: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const equalBytes = [8, 16, 32];
/** Of each code, how it is measured, and at how many bytes. Those that take longest come last. */
const codes = {
  residual: { label: 'ours, `residual`', measure: measureOurs, bytes: equalBytes },
  autoencoder: { label: 'ours, `autoencoder`', measure: measureOurs, bytes: equalBytes },
  opq: { label: 'faiss OPQ + PQ', measure: measureInPython, bytes: equalBytes },
  rq: { label: 'faiss RQ', measure: measureInPython, bytes: equalBytes },
  prq: { label: 'faiss PRQ, 2 parts', measure: measureInPython, bytes: equalBytes },
  plsq: { label: 'faiss PLSQ, 2 parts', measure: measureInPython, bytes: equalBytes },
  lsq: { label: 'faiss LSQ', measure: measureInPython, bytes: equalBytes },
  sign: { label: 'a sign a dimension, as Qdrant', measure: measureSigns, bytes: [48] },
  osq: { label: 'a bit a dimension, as Lucene', measure: measureInPython, bytes: [48] },
  rabitq: { label: 'faiss RaBitQ', measure: measureInPython, bytes: [48] },
  int2: { label: '`residual`, then `int2`', measure: measureStored, bytes: [refinedBytes] },
  int4: { label: '`residual`, then `int4`', measure: measureStored, bytes: [refinedBytes] },
  int8: { label: '`residual`, then `int8`', measure: measureStored, bytes: [refinedBytes] },
  float16: { label: '`residual`, then `float16`', measure: measureStored, bytes: [refinedBytes] },
};
const sets = {
  passages: {
    has: hasPassages,
    names: Object.keys(codes),
    read: () => passageVectors({ rows: 100_000, queries: 600 }),
  },
  million: {
    has: hasTexts,
    names: ['residual', 'autoencoder', 'opq', 'rq'],
    read: () =>
      textVectors({
        rows: 1_000_000,
        queries: 300,
        whole: true,
        folder: join(tmpdir(), 'bitryoshka-million'),
      }),
  },
};
const head = [
  'bytes',
  'code',
  'scored',
  ...depths.map((depth) => (depth === 0 ? 'recall@10 alone' : `re-ranking ${depth}`)),
  'ms',
  'fit s',
  'encoded a second',
];

const setName = values.million ? 'million' : 'passages';
const set = sets[setName];
/** What is measured with several ways to store vectors. */
let turned;
const python = process.env.PYTHON ?? 'python3';
if (set.has) await compare();
else console.log(`Skipped: needs ../shared/${values.million ? 'text' : 'vectors'}.`);

async function compare() {
  const cache = fileURLToPath(new URL(`../.cache/two-part/${setName}.json`, import.meta.url));
  mkdirSync(join(cache, '..'), { recursive: true });
  const kept = existsSync(cache) ? JSON.parse(readFileSync(cache, 'utf8')) : {};
  const all = set.names.flatMap((name) => codes[name].bytes.map((bytes) => `${name}-${bytes}`));
  const missing = values.kept ? [] : all.filter((name) => !kept[name]);
  const wanted = positionals.length > 0 ? positionals : missing;
  const given = wanted.length > 0 ? await prepare() : undefined;
  for (const each of wanted) {
    const [name, bytes] = each.split('-');
    const lines = await codes[name].measure(given, name, Number(bytes));
    if (!lines) continue;
    kept[each] = lines.map(({ scored, ...line }) => ({ code: codes[name].label, scored, ...line }));
    writeFileSync(cache, JSON.stringify(kept, undefined, 2));
    printTable(head, kept[each].map(cellsOf));
  }
  const lines = all.flatMap((name) => kept[name] ?? []).toSorted((a, b) => a.bytes - b.bytes);
  const [atEqualBytes, others] = [true, false].map((isEqual) =>
    lines.filter(({ bytes }) => bytes <= refinedBytes + 1 === isEqual).map(cellsOf),
  );
  printTable(head, [...atEqualBytes, ...others]);
  if (!values.write) return;
  const page = 'quality';
  writeTable(`${setName} at equal bytes`, head, atEqualBytes, { page, keys: 3 });
  if (others.length > 0) writeTable(`${setName}, other bytes`, head, others, { page, keys: 3 });
}

function cellsOf({ bytes, code, scored, recalls, ms, fit, encoded }) {
  const number = (value, digits) => (value === undefined ? '' : value.toFixed(digits));
  const found = depths.map((_, i) => number(recalls?.[i], 3).replace(/^0/, ''));
  return [bytes, code, scored, ...found, number(ms, 2), number(fit, 0), number(encoded, 0)];
}

/** Unit vectors, those to learn from, questions and their nearest, as files that others read as well. */
async function prepare() {
  const folder = join(tmpdir(), 'bitryoshka-two-part', setName);
  const description = join(folder, 'description.json');
  if (!existsSync(description)) {
    mkdirSync(folder, { recursive: true });
    const { dimensions, vectors, queries } = await set.read();
    const exact = new ExactIndex(dimensions);
    exact.add({ rows: vectors.length / dimensions, columns: dimensions, data: vectors });
    const file = openSync(join(folder, 'vectors.f32'), 'w');
    for (const { data } of exact.blocks()) writeSync(file, bytesOf(data));
    const learned = new Float32Array(learnedRows * dimensions);
    for (let i = 0; i < learnedRows; i++) {
      const row = Math.floor((i * exact.rows) / learnedRows);
      learned.set(exact.vector(row), i * dimensions);
    }
    writeFileSync(join(folder, 'learned.f32'), bytesOf(learned));
    writeFileSync(join(folder, 'queries.f32'), bytesOf(queries));
    const nearest = rowsOf({ data: queries }, dimensions).flatMap((query) =>
      exact.search(query, { k }).map(({ row }) => row),
    );
    writeFileSync(join(folder, 'nearest.u32'), bytesOf(Uint32Array.from(nearest)));
    // Last, so that what is there is whole.
    writeFileSync(description, JSON.stringify({ dimensions, deepest }));
  }
  const { dimensions } = JSON.parse(readFileSync(description, 'utf8'));
  const read = (name) => readFloats(join(folder, `${name}.f32`));
  return {
    folder,
    dimensions,
    questions: rowsOf({ data: read('queries') }, dimensions),
    nearest: readRows(join(folder, 'nearest.u32'), k),
    vectors: () => matrixOf(read('vectors'), dimensions),
    learned: () => matrixOf(read('learned'), dimensions),
  };
}

async function measureOurs(given, kind, bytes) {
  const { questions, nearest } = given;
  const { quantizer, fit } = await fitted(given.learned(), kind, bytes);
  const index = new BinaryIndex({ quantizer });
  const documents = given.vectors();
  const encode = processorSeconds();
  index.add(documents);
  const encoded = documents.rows / encode();
  const all = ask(index, questions, { k: deepest, rerank: 0, candidates: index.rows }, 1);
  const line = { bytes: bytes + 1, fit, encoded };
  return [
    { ...line, scored: 'all rows', recalls: recallsOf(all.found, nearest), ms: all.ms },
    { ...line, scored: 'by a search', ...searched(index, questions, nearest) },
  ];
}

/** Signs alone, of the dimensions as they are; the question in floats, or in eight bits. */
async function measureSigns({ questions, nearest, vectors, learned }, kind, bytes) {
  const quantizer = await fitQuantizer(learned(), { kind, bits: 8 * bytes, decoder: false });
  const index = new BinaryIndex({ quantizer });
  index.add(vectors());
  return [undefined, 8].map((queryDigits) => {
    const depth = { k: deepest, rerank: 0, candidates: index.rows, queryDigits };
    const { found, ms } = ask(index, questions, depth, 1);
    const scored = `all rows, the question in ${queryDigits ? '8 bits' : 'floats'}`;
    return { bytes, scored, recalls: recallsOf(found, nearest), ms };
  });
}

/** Without floats: a search re-ranks by vectors as they are stored. */
async function measureStored(given, storage, bytes) {
  turned ??= await measureTurned(given, bytes);
  const { quantizer, fit, exact, codes: kept, asked } = turned;
  const index = new BinaryIndex({ quantizer, storage, vectors: exact.vectors, codes: kept });
  const total = bytes + 1 + index.bytesPerVector;
  return [{ bytes: total, scored: 'by a search', fit, ...searched(index, asked, given.nearest) }];
}

/** Turned at random, as passages come in whole numbers, which int8 would keep exactly. */
async function measureTurned({ dimensions, questions, ...given }, bytes) {
  const weights = orthonormalColumns(dimensions, dimensions);
  const map = { weights, bias: new Float32Array(dimensions), inputDimensions: dimensions };
  const turn = (matrix) => applyAffineMap(map, matrix);
  const { quantizer, fit } = await fitted(turn(given.learned()), 'residual', bytes);
  const exact = new ExactIndex(dimensions);
  const documents = turn(given.vectors());
  exact.add(documents);
  const asked = questions.map((data) => turn({ rows: 1, columns: dimensions, data }).data);
  return { quantizer, fit, exact, codes: quantizer.encode(documents, 'document'), asked };
}

function measureInPython({ folder, nearest }, name, bytes) {
  if (spawnSync(python, ['-c', 'import faiss, numpy']).status !== 0) {
    console.log(`Skipped: ${name}-${bytes}: ${python} cannot import faiss and numpy.`);
    return undefined;
  }
  const script = fileURLToPath(new URL('two-part.py', import.meta.url));
  const { status, signal, stdout } = spawnSync(python, [script, folder, name, String(bytes)], {
    env: { ...process.env, OMP_NUM_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (signal === 'SIGXCPU') return [{ bytes: bytes + 1, scored: 'more than 30 minutes' }];
  if (status !== 0) throw new Error(`${name}-${bytes}: ended with ${signal ?? status}.`);
  const { fit, encoded, ways } = JSON.parse(stdout);
  return Object.entries(ways).map(([way, { bytes: kept, scored, ms }]) => {
    const found = readRows(join(folder, `${name}-${bytes}-${way}.u32`), deepest);
    return { bytes: kept, scored, recalls: recallsOf(found, nearest), ms, fit, encoded };
  });
}

async function fitted(learned, kind, bytes) {
  const seconds = processorSeconds();
  const options = { kind, bits: 8 * bytes, sampleSize: learnedRows };
  return { quantizer: await fitQuantizer(learned, options), fit: seconds() };
}

/** What is found at each depth by the candidates that a search takes by default. */
function searched(index, questions, nearest) {
  const recalls = [];
  let ms;
  for (const rerank of depths) {
    const isTimed = rerank === timedDepth;
    const asked = ask(index, questions, { k, rerank }, isTimed ? 3 : 1);
    recalls.push(recallOf(asked.found, nearest));
    if (isTimed) ms = asked.ms;
  }
  return { recalls, ms };
}

/** What is found, and the median time of a question, of which the best of several rounds counts. */
function ask(index, questions, depth, rounds) {
  const times = questions.map(() => Infinity);
  let found = [];
  for (let round = 0; round < rounds; round++) {
    found = questions.map((query, i) => {
      const start = performance.now();
      const hits = index.search(query, depth);
      times[i] = Math.min(times[i], performance.now() - start);
      return hits.map(({ row }) => row);
    });
  }
  return { found, ms: median(times) };
}

/** Re-ranked by floats, all of the nearest that are among the first are found. */
function recallsOf(found, nearest) {
  return depths.map((depth) =>
    recallOf(
      found.map((rows) => rows.slice(0, Math.max(depth, k))),
      nearest,
    ),
  );
}

function matrixOf(data, columns) {
  return { rows: data.length / columns, columns, data };
}

function readRows(file, columns) {
  return rowsOf({ data: new Uint32Array(new Uint8Array(readFileSync(file)).buffer) }, columns);
}

function processorSeconds() {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}
