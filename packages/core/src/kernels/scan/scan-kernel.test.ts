import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../vectors/random.ts';
import { base, ensureBytes } from '../wasm-memory.ts';
import { scanExports } from './scan-exports.generated.ts';
import { scanKernelSuite } from './scan-kernel.suite.ts';
import type { ScanKernel } from './scan-kernel.ts';
import { createWasmScanKernel, javascriptScanKernel } from './scan-kernel.ts';
import { scanWasmBinary } from './scan-wasm-binary.generated.ts';

describe.each(['scalar', 'vector'] as const)('counting bits by %s', (counting) => {
  const kernel = createWasmScanKernel(counting) as ScanKernel;

  scanKernelSuite(kernel);

  it('measures codes whose distances need more than 16 bits', () => {
    const memory = kernel.createCodeMemory(8240);
    memory.resize(20);
    memory.bytes().fill(255, 10 * 8240);
    const { rows, distances } = memory.nearest(new Uint8Array(8240), 20);
    expect([...rows]).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect([...distances]).toEqual(Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 65_920)));
  });
});

describe('in JavaScript', () => scanKernelSuite(javascriptScanKernel));

it('measures with counts that agree', () => {
  const module = new WebAssembly.Module(Buffer.from(scanWasmBinary, 'hex'));
  const kernel = scanExports(new WebAssembly.Instance(module));
  const random = seededRandom(1);
  ensureBytes(kernel.memory, base + 32 * 9);
  const codes = Uint8Array.from({ length: 32 * 9 }, () => random() * 256);
  new Uint8Array(kernel.memory.buffer).set(codes, base);
  let sum = 0;
  codes.forEach((byte, i) => {
    for (let bits = byte ^ codes[i % 32]; bits; bits &= bits - 1) sum++;
  });
  const given = { codes: base, count: 9 };
  expect([kernel.countInWords(given), kernel.countInLanes(given)]).toEqual([sum, sum]);
});

it('is absent where WebAssembly is', () => {
  const webAssembly = globalThis.WebAssembly;
  try {
    Reflect.deleteProperty(globalThis, 'WebAssembly');
    expect(createWasmScanKernel()).toBeUndefined();
  } finally {
    globalThis.WebAssembly = webAssembly;
  }
});
