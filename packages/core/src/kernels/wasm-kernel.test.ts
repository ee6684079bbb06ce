import { expect, it } from 'vitest';
import { kernelSuite } from './kernel.suite.ts';
import { createWasmKernel } from './wasm-kernel.ts';

const kernel = createWasmKernel();
if (!kernel) throw new Error('This engine has no WebAssembly SIMD.');
kernelSuite(kernel);

it('is absent where WebAssembly is', () => {
  const webAssembly = globalThis.WebAssembly;
  try {
    Reflect.deleteProperty(globalThis, 'WebAssembly');
    expect(createWasmKernel()).toBeUndefined();
  } finally {
    globalThis.WebAssembly = webAssembly;
  }
});
