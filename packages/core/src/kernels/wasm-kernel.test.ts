import { describe, expect, it } from 'vitest';
import { seededRandom } from '../vectors/random.ts';
import { kernelSuite } from './kernel.suite.ts';
import type { Kernel } from './kernel.ts';
import { wasmBinary } from './wasm-binary.generated.ts';
import type { KernelExports } from './wasm-exports.ts';
import { base, ensureBytes } from './wasm-exports.ts';
import { createWasmKernel } from './wasm-kernel.ts';

describe.each(['scalar', 'vector'] as const)('counting bits by %s', (counting) => {
  const kernel = createWasmKernel(counting) as Kernel;

  kernelSuite(kernel);

  it('measures codes whose distances need more than 16 bits', () => {
    const memory = kernel.createCodeMemory(8240);
    memory.resize(20);
    memory.bytes().fill(255, 10 * 8240);
    const { rows, distances } = memory.nearest(new Uint8Array(8240), 20);
    expect([...rows]).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect([...distances]).toEqual(Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 65_920)));
  });
});

it('measures with counts that agree', () => {
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(Buffer.from(wasmBinary, 'base64')),
  );
  const kernel = exports as unknown as KernelExports;
  const random = seededRandom(1);
  ensureBytes(kernel.memory, base + 32 * 9);
  const codes = Uint8Array.from({ length: 32 * 9 }, () => random() * 256);
  new Uint8Array(kernel.memory.buffer).set(codes, base);
  let sum = 0;
  codes.forEach((byte, i) => {
    for (let bits = byte ^ codes[i % 32]; bits; bits &= bits - 1) sum++;
  });
  expect([kernel.countInWords(base, 9), kernel.countInLanes(base, 9)]).toEqual([sum, sum]);
});

it('is absent where WebAssembly is', () => {
  const webAssembly = globalThis.WebAssembly;
  try {
    Reflect.deleteProperty(globalThis, 'WebAssembly');
    expect(createWasmKernel()).toBeUndefined();
  } finally {
    globalThis.WebAssembly = webAssembly;
  }
});
