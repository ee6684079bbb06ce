// The Hamming scan, top 100 of random codes: WebAssembly, its JavaScript twin, and plain C as the limit,
// side by side in one run. Ratios travel between machines; times do not.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWasmKernel, javascriptKernel } from '@bitryoshka/core';
import Table from 'cli-table3';

const sizes = [
  { rows: 100_000, bits: 1024 },
  { rows: 1_000_000, bits: 128 },
  { rows: 1_000_000, bits: 256 },
  { rows: 1_000_000, bits: 1024 },
];
const nearest = 100;
const queryCount = 8;
/** Milliseconds. */
const warmupTime = 300;
const measuredTime = 2500;

const native = compileNative();
const table = new Table({
  head: [
    'rows x bits',
    'WebAssembly',
    '8 queries, each',
    'JavaScript',
    'C, scan',
    'C, count only',
    'JS / wasm',
    '1 / 8 queries',
    'C count / wasm',
    'C scan / wasm',
  ],
  colAligns: ['left', ...Array(9).fill('right')],
});
for (const { rows, bits } of sizes) {
  const limit = native?.(rows, bits);
  const { alone: wasm, tile, gain } = medianMilliseconds(createWasmKernel(), rows, bits);
  const { alone: javascript } = medianMilliseconds(javascriptKernel, rows, bits);
  table.push([
    `${rows / 1000}k x ${bits}`,
    `${wasm.toFixed(3)} ms`,
    `${tile.toFixed(3)} ms`,
    `${javascript.toFixed(2)} ms`,
    limit ? `${limit.top.toFixed(3)} ms` : 'no cc',
    limit ? `${limit.sum.toFixed(3)} ms` : 'no cc',
    `${(javascript / wasm).toFixed(1)} x`,
    `${gain.toFixed(2)} x`,
    limit ? `${Math.round((100 * limit.sum) / wasm)} %` : '',
    limit ? `${Math.round((100 * limit.top) / wasm)} %` : '',
  ]);
}
console.log(table.toString());

/**
 * For one query again and again, as C is measured, and for each of eight together. `gain` compares the two by
 * turns.
 */
function medianMilliseconds(kernel, rows, bits) {
  if (!kernel) throw new Error('This engine has no WebAssembly SIMD.');
  const memory = kernel.createCodeMemory(bits / 8);
  memory.resize(rows);
  fillRandomly(memory.bytes());
  const query = memory
    .bytes()
    .slice(0, bits / 8)
    .reverse();
  const queries = memory
    .bytes()
    .slice(0, (queryCount * bits) / 8)
    .reverse();
  const scan = () => memory.nearest(query, nearest);
  const [alone] = mediansByTurns([scan]);
  if (kernel.name !== 'wasm') return { alone };
  const [one, eight] = mediansByTurns([scan, () => memory.nearestOfEach(queries, nearest)]);
  return { alone, tile: eight / queryCount, gain: (one * queryCount) / eight };
}

/** By turns, because a processor is faster in one second than in the next. */
function mediansByTurns(runs) {
  const times = runs.map(() => []);
  const start = performance.now();
  while (performance.now() - start < warmupTime + measuredTime) {
    for (const [i, run] of runs.entries()) {
      const before = performance.now();
      run();
      if (before - start >= warmupTime) times[i].push(performance.now() - before);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[all.length >> 1]);
}

function fillRandomly(bytes) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    words[i] = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  }
}

/** Undefined where there is no C compiler. */
function compileNative() {
  const folder = mkdtempSync(join(tmpdir(), 'bitryoshka-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const program = join(folder, 'scan');
  const source = fileURLToPath(new URL('native/scan.c', import.meta.url));
  try {
    execFileSync('cc', ['-O3', '-march=native', '-o', program, source], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  return (rows, bits) =>
    JSON.parse(execFileSync(program, [String(rows), String(bits), '101'], { encoding: 'utf8' }));
}
