// The Hamming scan, top 100 of random codes: WebAssembly, its JavaScript twin, and plain C as the limit,
// side by side in one run. Ratios travel between machines; times do not.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWasmScanKernel, javascriptScanKernel } from '@bitryoshka/core/internal';
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
const warmupTime = 100;
const measuredTime = 500;
const turnCount = 5;

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
  const { scan, scanEight } = scansOf(createWasmScanKernel(), rows, bits);
  const { scan: scanInJavaScript } = scansOf(javascriptScanKernel, rows, bits);
  // By turns, and the best of them for each: a core that others share is slower for seconds at a time.
  const turns = Array.from({ length: turnCount }, () => ({
    limit: native?.(rows, bits),
    wasm: median(timesOf(scan).flat()),
    javascript: median(timesOf(scanInJavaScript).flat()),
    pairs: timesOf(scan, scanEight),
  }));
  const best = (of) => Math.min(...turns.map(of));
  const wasm = best((turn) => turn.wasm);
  const javascript = best((turn) => turn.javascript);
  const tile = best(({ pairs }) => median(pairs.map(([, eight]) => eight))) / queryCount;
  const gains = turns.flatMap(({ pairs }) =>
    pairs.map(([one, eight]) => (one * queryCount) / eight),
  );
  const top = native && best(({ limit }) => limit.top);
  const sum = native && best(({ limit }) => limit.sum);
  table.push([
    `${rows / 1000}k x ${bits}`,
    `${wasm.toFixed(3)} ms`,
    `${tile.toFixed(3)} ms`,
    `${javascript.toFixed(2)} ms`,
    native ? `${top.toFixed(3)} ms` : 'no cc',
    native ? `${sum.toFixed(3)} ms` : 'no cc',
    `${(javascript / wasm).toFixed(1)} x`,
    `${median(gains).toFixed(2)} x`,
    native ? `${Math.round((100 * sum) / wasm)} %` : '',
    native ? `${Math.round((100 * top) / wasm)} %` : '',
  ]);
}
console.log(table.toString());

function scansOf(kernel, rows, bits) {
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
  return {
    scan: () => memory.nearest(query, nearest),
    scanEight: () => memory.nearestOfEach(queries, nearest),
  };
}

/** Milliseconds of each, run by turns, again and again. */
function timesOf(...runs) {
  const all = [];
  const start = performance.now();
  while (performance.now() - start < warmupTime + measuredTime) {
    const times = runs.map(milliseconds);
    if (performance.now() - start >= warmupTime) all.push(times);
  }
  return all;
}

function milliseconds(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
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
    JSON.parse(execFileSync(program, [String(rows), String(bits), '21'], { encoding: 'utf8' }));
}
