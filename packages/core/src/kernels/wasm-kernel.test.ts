import { describe, expect, it } from 'vitest';
import { kernelSuite } from './kernel.suite.ts';
import type { Kernel } from './kernel.ts';
import { createWasmKernel } from './wasm-kernel.ts';

describe.each(['scalar', 'vector'] as const)('counting bits by %s', (counting) => {
  kernelSuite(createWasmKernel(counting) as Kernel);
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
