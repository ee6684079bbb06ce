import type { CodeMemory, Kernel, VectorMemory } from './kernel.ts';
import type { VectorFormatName } from './vector-layout.ts';

/** How many threads, the owner among them, may read a memory: each needs room of its own in it. */
export const mostParties = 256;

/**
 * Codes and vectors in memory that several threads scan and score at once. One of them owns a memory and
 * writes; the others see what was written before they were told of it.
 */
export interface SharedKernel extends Pick<Kernel, 'createCodeMemory' | 'createVectorMemory'> {
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
