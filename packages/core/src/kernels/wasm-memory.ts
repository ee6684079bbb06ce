import { paddedTo } from './padded-to.ts';

export const pageBytes = 65536;
/** Where the caller's data begins: past what the compiler may use, on a cache line. */
export const base = 1024;

export function align(address: number): number {
  return paddedTo(64, address);
}

/** Growing detaches every view of the memory: take views afterwards. */
export function ensureBytes(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
}

/** Views of a kernel's memory, which are taken again after it has grown: taking them costs as much as a short call. */
export class MemoryViews {
  bytes: Uint8Array = new Uint8Array(0);
  words: Uint32Array = new Uint32Array(0);
  floats: Float32Array = new Float32Array(0);
  readonly #memory: WebAssembly.Memory;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** Makes room, and takes the views if they end before that, as those do that growing has detached. */
  ensure(bytes: number): void {
    if (bytes <= this.bytes.length) return;
    ensureBytes(this.#memory, bytes);
    const { buffer } = this.#memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.floats = new Float32Array(buffer);
  }
}
