// Resident memory, each figure in a process of its own: codes and row numbers of an index whose vectors are
// elsewhere, and a hundred thousand vectors with those that re-rank in a file, beside hnswlib-node.
// Usage: node memory.mjs. Needs `pnpm bench:peers` once, for hnswlib-node; without it, that line is missing.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BinaryIndex, fitQuantizer, loadQuantizer } from '@bitryoshka/core';
import { fileVectors } from '@bitryoshka/core/node';
import { readPassages } from './read-passages.mjs';

const shared = fileURLToPath(new URL('../../shared/vectors/passages-minilm', import.meta.url));
const bits = 256;
/** Of codes that are rotated at random, which find more than 256 of those whose rotation is learned. */
const rotatedBits = 384;
/** Rows that are added at a time, and codes. */
const blockRows = 1000;
const codeRows = 10_000;
const parts = {
  codes: (_folder, rows) => codes(Number(rows)),
  built: (folder) => withVectors(folder, { kind: 'itq', bits, sampleSize: 5000 }),
  // There is nothing to learn but where the middle is.
  rotated: (folder) => withVectors(folder, { kind: 'random', bits: rotatedBits, sampleSize: 1000 }),
  opened: (folder) => withVectors(folder),
  hnswlib,
};

const [, , part, folder, argument] = process.argv;
if (part) {
  const { bytes, rows } = await parts[part](folder, argument);
  console.log(JSON.stringify({ bytes, rows }));
} else {
  compare();
}

function compare() {
  const work = mkdtempSync(join(tmpdir(), 'bitryoshka-memory-'));
  try {
    for (const rows of [1_000_000, 10_000_000]) {
      const { bytes } = measure('codes', work, rows);
      console.log(`${rows} x ${bits}: ${(bytes / rows).toFixed(1)} bytes a vector`);
    }
    if (!existsSync(`${shared}.i8`)) return;
    const { rows, columns, data } = readPassages(shared);
    writeFileSync(join(work, 'vectors.f32'), data);
    writeFileSync(join(work, 'shape.json'), JSON.stringify({ rows, columns }));
    const peer = measure('hnswlib', work);
    for (const [name, what] of [
      ['rotated', `${rotatedBits} bits, rotated at random and built`],
      ['built', `${bits} bits, fitted and built`],
      ['opened', `${bits} bits, built with a quantizer that was saved`],
    ]) {
      const { bytes } = measure(name, work);
      const share = peer ? `, ${(bytes / peer.bytes).toFixed(2)} of that of hnswlib-node` : '';
      console.log(`${rows} of ${what}: ${megabytes(bytes)}${share}`);
    }
    if (peer) console.log(`hnswlib-node: ${megabytes(peer.bytes)}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function measure(name, work, argument = '') {
  const script = fileURLToPath(import.meta.url);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', script, name, work, String(argument)],
    { encoding: 'utf8' },
  );
  if (status === 0) return JSON.parse(stdout);
  console.log(`${name} left out: ${stderr.split('\n').find((line) => line.includes('Error'))}`);
  return undefined;
}

/** Random codes are as large as real ones. */
function codes(rows) {
  const storage = { fetchVectors: () => Promise.reject(new Error('no vectors')) };
  return growth(async () => {
    const block = { rows: codeRows, columns: bits, data: new Float32Array(codeRows * bits) };
    const quantizer = await fitQuantizer([block.data.subarray(0, bits).map((_, i) => i - 9)], {
      kind: 'sign',
      bits,
      decoder: false,
    });
    const index = new BinaryIndex({ quantizer, storage });
    let state = 1;
    for (let start = 0; start < rows; start += codeRows) {
      for (let p = 0; p < block.data.length; p++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        block.data[p] = state;
      }
      index.add(block);
    }
    return index;
  });
}

/** @param fitted what quantizer to fit; without it, the one that was saved last is loaded */
function withVectors(work, fitted) {
  const { rows, columns } = JSON.parse(readFileSync(join(work, 'shape.json'), 'utf8'));
  const saved = join(work, 'quantizer');
  return growth(async () => {
    const quantizer = fitted
      ? await fitQuantizer(blocks(work, rows, columns), { ...fitted, decoder: false })
      : loadQuantizer(readFileSync(saved));
    if (fitted) writeFileSync(saved, quantizer.save());
    const storage = fileVectors({ directory: work, format: 'float16' });
    const index = new BinaryIndex({ quantizer, storage });
    for await (const block of blocks(work, rows, columns)) index.add(block);
    const query = new Float32Array(columns).fill(1);
    index.search(query, { k: 10, candidates: 1500, rerank: 200 });
    return index;
  });
}

async function hnswlib(work) {
  const library = createRequire(new URL('./peers/', import.meta.url))('hnswlib-node');
  const { rows, columns } = JSON.parse(readFileSync(join(work, 'shape.json'), 'utf8'));
  return growth(async () => {
    const index = new library.HierarchicalNSW('ip', columns);
    index.initIndex({ maxElements: rows, m: 16, efConstruction: 200, randomSeed: 1 });
    let row = 0;
    for await (const { data } of blocks(work, rows, columns)) {
      for (let start = 0; start < data.length; start += columns) {
        index.addPoint(Array.from(data.subarray(start, start + columns)), row++);
      }
    }
    return index;
  });
}

/** How much the process has grown, garbage collected, while what was built is there. */
async function growth(build) {
  const before = resident();
  const index = await build();
  const bytes = resident() - before;
  return { bytes, rows: index.rows };
}

/** Blocks of the vectors, each in the same memory. */
async function* blocks(work, rows, columns) {
  const file = openSync(join(work, 'vectors.f32'));
  const data = new Float32Array(blockRows * columns);
  for (let start = 0; start < rows; start += blockRows) {
    readSync(file, data, 0, data.byteLength, start * columns * 4);
    yield { rows: blockRows, columns, data };
  }
  closeSync(file);
}

function resident() {
  // Several: what finalizers let go is collected later than they run.
  for (let i = 0; i < 3; i++) globalThis.gc();
  return process.memoryUsage().rss;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
