// The Hamming scan, top 100 of random codes: WebAssembly, its JavaScript twin, and plain C as the limit,
// side by side in one run. Ratios travel between machines; times do not.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWasmKernel, javascriptKernel } from '@bitryoshka/core';
import Table from 'cli-table3';
import { Bench } from 'tinybench';

const sizes = [
  { rows: 100_000, bits: 1024 },
  { rows: 1_000_000, bits: 128 },
  { rows: 1_000_000, bits: 256 },
  { rows: 1_000_000, bits: 1024 },
];
const nearest = 100;

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
  const [wasm, tile] = await medianMilliseconds(createWasmKernel(), rows, bits);
  const [javascript] = await medianMilliseconds(javascriptKernel, rows, bits);
  table.push([
    `${rows / 1000}k x ${bits}`,
    `${wasm.toFixed(3)} ms`,
    `${tile.toFixed(3)} ms`,
    `${javascript.toFixed(2)} ms`,
    limit ? `${limit.top.toFixed(3)} ms` : 'no cc',
    limit ? `${limit.sum.toFixed(3)} ms` : 'no cc',
    `${(javascript / wasm).toFixed(1)} x`,
    `${(wasm / tile).toFixed(2)} x`,
    limit ? `${Math.round((100 * limit.sum) / wasm)} %` : '',
    limit ? `${Math.round((100 * limit.top) / wasm)} %` : '',
  ]);
}
console.log(table.toString());

/** For one query, and for each of eight together. */
async function medianMilliseconds(kernel, rows, bits) {
  if (!kernel) throw new Error('This engine has no WebAssembly SIMD.');
  const memory = kernel.createCodeMemory(bits / 8);
  memory.resize(rows);
  fillRandomly(memory.bytes());
  const query = memory
    .bytes()
    .slice(0, bits / 8)
    .reverse();
  const queries = memory.bytes().slice(0, bits);
  queries.reverse();
  const bench = new Bench({ time: 1500, warmupTime: 300 });
  bench.add('scan', () => {
    memory.nearest(query, nearest);
  });
  if (kernel.name === 'wasm') {
    bench.add('tile', () => {
      memory.nearestOfEach(queries, nearest);
    });
  }
  await bench.run();
  const [one, eight] = bench.tasks.map((task) => task.result.latency.p50);
  return [one, eight / 8];
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
