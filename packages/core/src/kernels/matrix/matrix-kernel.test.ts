import { describe, expect, it } from 'vitest';
import { matrixKernelSuite } from './matrix-kernel.suite.ts';
import type { MatrixKernel } from './matrix-kernel.ts';
import { createWasmMatrixKernel, javascriptMatrixKernel } from './matrix-kernel.ts';

describe('in WebAssembly', () => matrixKernelSuite(createWasmMatrixKernel() as MatrixKernel));

describe('in JavaScript', () => matrixKernelSuite(javascriptMatrixKernel));

it('is absent where WebAssembly is', () => {
  const webAssembly = globalThis.WebAssembly;
  try {
    Reflect.deleteProperty(globalThis, 'WebAssembly');
    expect(createWasmMatrixKernel()).toBeUndefined();
  } finally {
    globalThis.WebAssembly = webAssembly;
  }
});
