import type { Codes } from '../../../codes/codes.ts';
import type { CodeMemory } from '../../../kernels/scan/code-memory.ts';
import { scanKernel } from '../../../kernels/scan/scan-kernel.ts';
import type { SharedKernel } from '../../../kernels/scan/shared-kernel.ts';
import type { SlicedMemory } from '../../../kernels/scan/sliced-memory.ts';
import type { ScoredCodes } from '../../ranking/code-scoring.ts';
import { segmentSlots } from '../../rows/segment-rows.ts';

export interface CodeLayout {
  readonly bytesPerCode: number;
  /** Of the prefixes that are kept once more, bit by bit; 0 for none. */
  readonly prefixBits: number;
  /** Where codes lie in memory that other threads read. */
  readonly shared?: SharedKernel | undefined;
}

/** Codes of a segment in memory that other threads read. */
export interface SharedCodes {
  readonly codes: WebAssembly.Memory;
  /** A byte for the length of each decoded code, where the quantizer has a decoder. */
  readonly norms: Uint8Array;
}

const fewestSlots = 64;

/** The codes of a segment in memory of their own, for a scan, and beside them the lengths of what they decode to. */
export class SegmentCodes implements ScoredCodes {
  codes: CodeMemory;
  readonly prefixes: SlicedMemory | undefined;
  norms: Uint8Array = new Uint8Array(0);
  /** Slots that have a code. */
  count = 0;
  #isShared: boolean;

  constructor({ bytesPerCode, prefixBits, shared }: CodeLayout) {
    const kernel = scanKernel();
    this.codes = (shared ?? kernel).createCodeMemory(bytesPerCode);
    this.prefixes = prefixBits > 0 ? kernel.createSlicedMemory(prefixBits) : undefined;
    this.#isShared = shared !== undefined;
  }

  /** Codes that another thread shares, to be scanned and not to be changed. */
  static open(
    { codes, norms }: SharedCodes,
    bytesPerCode: number,
    slots: number,
    kernel: SharedKernel,
  ): SegmentCodes {
    const createCodeMemory = () => kernel.openCodeMemory(codes, bytesPerCode, slots);
    const shared = { ...kernel, createCodeMemory };
    const opened = new SegmentCodes({ bytesPerCode, prefixBits: 0, shared });
    opened.norms = norms;
    opened.count = slots;
    return opened;
  }

  /** Moves codes to memory that other threads read as well, unless they are there. */
  share(kernel: SharedKernel): SharedCodes {
    if (!this.#isShared) {
      this.#isShared = true;
      const { codes } = this;
      this.codes = kernel.createCodeMemory(codes.bytesPerCode);
      this.codes.resize(codes.rows);
      this.codes.bytes().set(codes.bytes());
      if (this.norms.length > 0) this.#growNorms();
    }
    return { codes: kernel.memoryOf(this.codes) as WebAssembly.Memory, norms: this.norms };
  }

  /** Fills the next slots. */
  append({ data, rows, bytesPerCode }: Codes, norms: Uint8Array | undefined): void {
    const start = this.count;
    this.count += rows;
    this.#ensure(this.codes);
    this.codes.bytes().set(data, start * bytesPerCode);
    if (norms) {
      if (this.count > this.norms.length) this.#growNorms();
      this.norms.set(norms, start);
    }
    if (!this.prefixes) return;
    this.#ensure(this.prefixes);
    this.prefixes.write(start, data, bytesPerCode);
  }

  /** Fills the next slots with those named of another segment. */
  appendFrom(other: SegmentCodes, slots: ArrayLike<number>): void {
    const { bytesPerCode } = this.codes;
    const data = new Uint8Array(slots.length * bytesPerCode);
    other.copy(slots, data);
    const norms =
      other.norms.length > 0 ? Uint8Array.from(slots, (i) => other.norms[i]) : undefined;
    this.append({ data, rows: slots.length, bits: 8 * bytesPerCode, bytesPerCode }, norms);
  }

  /** Writes the codes in the named slots to `to`, one after the other. */
  copy(slots: ArrayLike<number>, to: Uint8Array): void {
    const { bytesPerCode } = this.codes;
    const all = this.codes.bytes();
    for (let i = 0; i < slots.length; i++) {
      const from = slots[i] * bytesPerCode;
      to.set(all.subarray(from, from + bytesPerCode), i * bytesPerCode);
    }
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
    if (this.count <= memory.rows) return;
    memory.resize(Math.min(segmentSlots, Math.max(fewestSlots, this.count, 2 * memory.rows)));
  }
}
