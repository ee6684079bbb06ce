import { compileWasm } from '../compile-wasm.ts';
import type { BitCounting } from '../faster-counting.ts';
import { fasterCounting } from '../faster-counting.ts';
import { base, pageBytes } from '../wasm-memory.ts';
import type { CodeMemory } from './code-memory.ts';
import type { ScanExports } from './scan-exports.generated.ts';
import { scanExports } from './scan-exports.generated.ts';
import type { ScanKernel } from './scan-kernel.ts';
import { sharedWasmBinary } from './shared-wasm-binary.generated.ts';
import type { VectorFormatName } from './vector-layout.ts';
import { bytesOfVector } from './vector-layout.ts';
import type { VectorMemory } from './vector-memory.ts';
import { scratchBytesOfCodes, WasmCodeMemory } from './wasm-code-memory.ts';
import { scratchBytesOfVectors, WasmVectorMemory } from './wasm-vector-memory.ts';

/** How many threads, the owner among them, may read a memory: each needs room of its own in it. */
export const mostParties = 256;

/**
 * Codes and vectors in memory that several threads scan and score at once. One of them owns a memory and
 * writes; the others see what was written before they were told of it.
 */
export interface SharedKernel extends Pick<ScanKernel, 'createCodeMemory' | 'createVectorMemory'> {
  /** What to give to other threads; undefined for what is not shared. */
  memoryOf(memory: CodeMemory | VectorMemory): WebAssembly.Memory | undefined;
  /** The first `rows` codes in the memory of another thread, which may not be resized here. */
  openCodeMemory(memory: WebAssembly.Memory, bytesPerCode: number, rows: number): CodeMemory;
  /** The vectors in the memory of another thread, by the numbers that it was created with. */
  openVectorMemory(
    memory: WebAssembly.Memory,
    rows: number,
    columns: number,
    format: VectorFormatName,
  ): VectorMemory;
}

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
 * The compiled kernel on memory that threads share.
 *
 * @returns undefined where memory cannot be shared: in pages that are not isolated, or without WebAssembly
 */
export function createSharedKernel({
  mostRows,
  party,
}: SharedKernelOptions): SharedKernel | undefined {
  if (typeof SharedArrayBuffer === 'undefined') return undefined;
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

function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): ScanExports {
  return scanExports(new WebAssembly.Instance(module, { env: { memory } }));
}
