import { compileWasm } from './compile-wasm.ts';
import type { BitCounting } from './faster-counting.ts';
import { fasterCounting } from './faster-counting.ts';
import type { Kernel } from './kernel.ts';
import { wasmBinary } from './wasm-binary.generated.ts';
import { createByteDescent } from './wasm-byte-descent.ts';
import { WasmCodeMemory } from './wasm-code-memory.ts';
import { descendSigns } from './wasm-descent.ts';
import type { KernelExports } from './wasm-exports.ts';
import { createMultiplier, WasmMultiplier } from './wasm-multiplier.ts';
import { wasmProduct } from './wasm-product.ts';
import { createRotator } from './wasm-rotator.ts';
import { WasmSlicedMemory } from './wasm-sliced-memory.ts';
import { WasmVectorMemory } from './wasm-vector-memory.ts';

/** Compiled once; undefined before that, null where it cannot be. */
let compiled: WebAssembly.Module | null | undefined;
/** Measured once. */
let faster: BitCounting | undefined;

/**
 * The compiled kernels.
 *
 * @param counting default: what is faster on this machine
 * @returns undefined where WebAssembly (with SIMD) is missing or forbidden
 */
export function createWasmKernel(counting?: BitCounting): Kernel | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  if (compiled === undefined) compiled = compileWasm(wasmBinary) ?? null;
  if (!compiled) return undefined;
  const module = compiled;
  const instance = instantiate(module);
  if (!counting) faster ??= fasterCounting(instance);
  const countsInVectors = (counting ?? faster) === 'vector';
  const multiplier = new WasmMultiplier(instance);
  const products = instantiate(module);
  return {
    name: 'wasm',
    createCodeMemory(bytesPerCode) {
      const kernel = instantiate(module);
      kernel.countInVectors(countsInVectors);
      return new WasmCodeMemory(kernel, bytesPerCode);
    },
    createSlicedMemory: (bits) => new WasmSlicedMemory(instantiate(module), bits),
    multiplyTransposed: (a, b, bias, into) => multiplier.multiplyTransposed(a, b, bias, into),
    multiply: (a, b) => wasmProduct(products, a, b, false),
    multiplyTransposeOf: (a, b) => wasmProduct(products, a, b, true),
    createMultiplier: (b, bias) => createMultiplier(instantiate(module), b, bias),
    createRotator: (factors, bias, dimensions) =>
      createRotator(instantiate(module), factors, bias, dimensions),
    createVectorMemory: (rows, columns, format) =>
      new WasmVectorMemory(instantiate(module), rows, columns, format),
    descendSigns: (residuals, signs, couplings, rounds) =>
      descendSigns(instance, residuals, signs, couplings, rounds),
    createByteDescent: (books) => createByteDescent(instantiate(module), books),
  };
}

function instantiate(module: WebAssembly.Module): KernelExports {
  return new WebAssembly.Instance(module).exports as unknown as KernelExports;
}
