import type { Codes } from '../codes/codes.ts';
import { defaultKernel } from '../kernels/default-kernel.ts';
import type { CodeMemory, SlicedMemory } from '../kernels/kernel.ts';
import type { SharedKernel } from '../kernels/shared-kernel.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import { copyCodes } from './copy-codes.ts';
import { segmentSlots } from './segment-rows.ts';
import type { SegmentContent } from './segmented-rows.ts';
import type { SharedSegment } from './shared-segment.ts';
import type { StoredVectors } from './stored-vectors.ts';

/** What is added to a segment: codes, and what belongs to them. */
export interface EncodedVectors {
  readonly codes: Codes;
  /** A byte for the length of each decoded code, where the quantizer has a decoder and they are kept. */
  readonly norms: Uint8Array | undefined;
  /** The vectors, to be stored; undefined where they are stored already or elsewhere. */
  readonly vectors: Matrix | undefined;
}

export interface CodeSegmentLayout {
  readonly bytesPerCode: number;
  /** Of the prefixes that are kept once more, bit by bit; 0 for none. */
  readonly prefixBits: number;
  /** Where codes lie in memory that other threads read. */
  readonly shared?: SharedKernel | undefined;
}

const fewestSlots = 64;

/** The codes of a segment in memory of their own, and beside them lengths and vectors. */
export class CodeSegment implements SegmentContent<CodeSegment> {
  codes: CodeMemory;
  readonly prefixes: SlicedMemory | undefined;
  readonly vectors: StoredVectors | undefined;
  norms: Uint8Array = new Uint8Array(0);
  #slots = 0;
  #isShared: boolean;

  constructor({ bytesPerCode, prefixBits, shared }: CodeSegmentLayout, vectors?: StoredVectors) {
    const kernel = defaultKernel();
    this.codes = (shared ?? kernel).createCodeMemory(bytesPerCode);
    this.prefixes = prefixBits > 0 ? kernel.createSlicedMemory(prefixBits) : undefined;
    this.vectors = vectors;
    this.#isShared = shared !== undefined;
    if (shared) vectors?.share?.(shared);
  }

  /** Moves codes and vectors to memory that other threads read as well, unless they are there. */
  share(kernel: SharedKernel): Omit<SharedSegment, 'rows'> {
    if (!this.#isShared) {
      this.#isShared = true;
      const { codes } = this;
      this.codes = kernel.createCodeMemory(codes.bytesPerCode);
      this.codes.resize(codes.rows);
      this.codes.bytes().set(codes.bytes());
      if (this.norms.length > 0) this.#growNorms();
    }
    return {
      codes: kernel.memoryOf(this.codes) as WebAssembly.Memory,
      norms: this.norms,
      vectors: this.vectors?.share?.(kernel),
    };
  }

  /** Fills the next slots with items `start` to `end` (exclusive). */
  append({ codes, norms, vectors }: EncodedVectors, start: number, end: number): void {
    // First what may fail, so that nothing was added then.
    if (vectors) this.vectors?.append(rowRange(vectors, start, end));
    const { bytesPerCode } = this.codes;
    const data = codes.data.subarray(start * bytesPerCode, end * bytesPerCode);
    this.#write(data, norms?.subarray(start, end), end - start);
  }

  appendFrom(other: CodeSegment, slots: ArrayLike<number>): void {
    if (other.vectors) this.vectors?.appendFrom(other.vectors, slots);
    const { bytesPerCode } = this.codes;
    const codes = new Uint8Array(slots.length * bytesPerCode);
    other.copyCodes(slots, codes);
    const norms =
      other.norms.length > 0 ? Uint8Array.from(slots, (i) => other.norms[i]) : undefined;
    this.#write(codes, norms, slots.length);
  }

  /** Writes the codes in the named slots to `to`, one after the other. */
  copyCodes(slots: ArrayLike<number>, to: Uint8Array): void {
    copyCodes(this.codes, slots, to);
  }

  #write(codes: Uint8Array, norms: Uint8Array | undefined, count: number): void {
    const start = this.#slots;
    this.#slots += count;
    const { bytesPerCode } = this.codes;
    this.#ensure(this.codes);
    this.codes.bytes().set(codes, start * bytesPerCode);
    if (norms) {
      if (this.#slots > this.norms.length) this.#growNorms();
      this.norms.set(norms, start);
    }
    if (!this.prefixes) return;
    this.#ensure(this.prefixes);
    this.prefixes.write(start, codes, bytesPerCode);
  }

  /** Shared ones grow once: pages take no memory before they are written. */
  #growNorms(): void {
    const grown = this.#isShared
      ? new Uint8Array(new SharedArrayBuffer(segmentSlots))
      : new Uint8Array(this.codes.rows);
    grown.set(this.norms);
    this.norms = grown;
  }

  /** Room for twice what was there, up to a whole segment and never more. */
  #ensure(memory: CodeMemory | SlicedMemory): void {
    if (this.#slots <= memory.rows) return;
    memory.resize(Math.min(segmentSlots, Math.max(fewestSlots, this.#slots, 2 * memory.rows)));
  }
}
