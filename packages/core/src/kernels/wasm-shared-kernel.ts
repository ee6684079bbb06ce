import { compileWasm } from './compile-wasm.ts';
import type { BitCounting } from './faster-counting.ts';
import { fasterCounting } from './faster-counting.ts';
import type { CodeMemory, VectorMemory } from './kernel.ts';
import type { SharedKernel } from './shared-kernel.ts';
import { mostParties } from './shared-kernel.ts';
import { sharedWasmBinary } from './shared-wasm-binary.generated.ts';
import { bytesOfVector } from './vector-layout.ts';
import { scratchBytesOfCodes, WasmCodeMemory } from './wasm-code-memory.ts';
import type { KernelExports } from './wasm-exports.ts';
import { base, pageBytes } from './wasm-exports.ts';
import { scratchBytesOfVectors, WasmVectorMemory } from './wasm-vector-memory.ts';

export interface SharedKernelOptions {
  /** Rows of a code memory, at most: it has room for them from the beginning. */
  readonly mostRows: number;
  /** Tells the threads that read a memory apart: below `mostParties`; 0 is the owner's. */
  readonly party: number;
}

/** Compiled and measured once. */
let compiled: WebAssembly.Module | undefined;
let faster: BitCounting | undefined;
const memories = new WeakMap<CodeMemory | VectorMemory, WebAssembly.Memory>();

/**
 * The compiled kernels on memory that threads share.
 *
 * @returns undefined where memory cannot be shared: in pages that are not isolated, or without WebAssembly
 */
export function createSharedKernel({
  mostRows,
  party,
}: SharedKernelOptions): SharedKernel | undefined {
  if (typeof WebAssembly === 'undefined' || typeof SharedArrayBuffer === 'undefined') {
    return undefined;
  }
  compiled ??= compileWasm(sharedWasmBinary);
  if (!compiled) return undefined;
  const module = compiled;
  faster ??= fasterCounting(instantiate(module, createMemory(pageBytes)));
  const countsInVectors = faster === 'vector';
  const kernel: SharedKernel = {
    createCodeMemory(bytesPerCode) {
      const most =
        mostRows * bytesPerCode + mostParties * scratchBytesOfCodes(bytesPerCode, mostRows);
      return kernel.openCodeMemory(createMemory(base + most), bytesPerCode, 0);
    },
    createVectorMemory(rows, columns, format) {
      const scratch = mostParties * scratchBytesOfVectors(columns, rows);
      const memory = createMemory(base + rows * bytesOfVector(format, columns) + scratch);
      return kernel.openVectorMemory(memory, rows, columns, format);
    },
    memoryOf: (memory) => memories.get(memory),
    openCodeMemory(memory, bytesPerCode, rows) {
      const instance = instantiate(module, memory);
      instance.countInVectors(countsInVectors);
      const codes = new WasmCodeMemory(instance, bytesPerCode, { mostRows, party });
      codes.rows = rows;
      memories.set(codes, memory);
      return codes;
    },
    openVectorMemory(memory, rows, columns, format) {
      const vectors = new WasmVectorMemory(
        instantiate(module, memory),
        rows,
        columns,
        format,
        party,
      );
      memories.set(vectors, memory);
      return vectors;
    },
  };
  return kernel;
}

/** Only addresses are set aside. Twice as many: two threads that grow a memory at once may grow it twice. */
function createMemory(mostBytes: number): WebAssembly.Memory {
  const maximum = Math.min(65536, Math.ceil((2 * mostBytes) / pageBytes));
  return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
}

function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as KernelExports;
}
