import { compileWasm } from '../compile-wasm.ts';
import type { BitCounting } from '../faster-counting.ts';
import { fasterCounting } from '../faster-counting.ts';
import type { CodeMemory } from './code-memory.ts';
import { JavascriptCodeMemory } from './javascript-code-memory.ts';
import { JavascriptSlicedMemory } from './javascript-sliced-memory.ts';
import { JavascriptVectorMemory } from './javascript-vector-memory.ts';
import { scanExports } from './scan-exports.generated.ts';
import { scanWasmBinary } from './scan-wasm-binary.generated.ts';
import type { SlicedMemory } from './sliced-memory.ts';
import type { VectorFormatName } from './vector-layout.ts';
import type { VectorMemory } from './vector-memory.ts';
import { WasmCodeMemory } from './wasm-code-memory.ts';
import { WasmSlicedMemory } from './wasm-sliced-memory.ts';
import { WasmVectorMemory } from './wasm-vector-memory.ts';

/**
 * What searches codes and scores vectors, in WebAssembly or JavaScript. Both give the same bits for the same input:
 * distances, orders and float32 sums.
 */
export interface ScanKernel {
  readonly name: 'wasm' | 'javascript';
  createCodeMemory(bytesPerCode: number): CodeMemory;
  createSlicedMemory(bits: number): SlicedMemory;
  /** Zero vectors. */
  createVectorMemory(rows: number, columns: number, format: VectorFormatName): VectorMemory;
}

/** The twin of the WebAssembly kernel, for places that have none, and to check it against. */
export const javascriptScanKernel: ScanKernel = {
  name: 'javascript',
  createCodeMemory: (bytesPerCode) => new JavascriptCodeMemory(bytesPerCode),
  createSlicedMemory: (bits) => new JavascriptSlicedMemory(bits),
  createVectorMemory: (rows, columns, format) => new JavascriptVectorMemory(rows, columns, format),
};

/**
 * The compiled kernel.
 *
 * @param counting default: what is faster on this machine
 * @returns undefined where WebAssembly (with SIMD) is missing or forbidden
 */
export function createWasmScanKernel(counting?: BitCounting): ScanKernel | undefined {
  const module = compileWasm(scanWasmBinary);
  if (!module) return undefined;
  const instantiate = () => scanExports(new WebAssembly.Instance(module));
  const countsInVectors = (counting ?? fasterCounting(instantiate())) === 'vector';
  return {
    name: 'wasm',
    createCodeMemory(bytesPerCode) {
      const kernel = instantiate();
      kernel.countInVectors(countsInVectors);
      return new WasmCodeMemory(kernel, bytesPerCode);
    },
    createSlicedMemory: (bits) => new WasmSlicedMemory(instantiate(), bits),
    createVectorMemory: (rows, columns, format) =>
      new WasmVectorMemory(instantiate(), rows, columns, format),
  };
}

let chosen: ScanKernel | undefined;

/** WebAssembly where there is any, JavaScript elsewhere; chosen once per process. */
export function scanKernel(): ScanKernel {
  chosen ??= createWasmScanKernel() ?? javascriptScanKernel;
  return chosen;
}
