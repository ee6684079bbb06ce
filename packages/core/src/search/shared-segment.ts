import type { VectorFormatName } from '../kernels/vector-layout.ts';

/** Vectors in memory that other threads read, in chunks. */
export interface SharedVectors {
  readonly format: VectorFormatName;
  readonly dimensions: number;
  readonly memories: readonly WebAssembly.Memory[];
}

/** Which slots of a segment hold rows, as of a moment. */
export interface SharedRows {
  readonly slots: number;
  readonly deleted: number;
  /** A bit per slot; undefined where none is deleted. */
  readonly alive: Uint8Array | undefined;
}

/** A segment for other threads to read: plain data and shared memory, which `postMessage` takes as it is. */
export interface SharedSegment {
  readonly rows: SharedRows;
  readonly codes: WebAssembly.Memory;
  /** A byte for the length of each decoded code, where the quantizer has a decoder. */
  readonly norms: Uint8Array;
  /** Undefined where the vectors lie elsewhere. */
  readonly vectors: SharedVectors | undefined;
}
