import type { Codes } from '../../../codes/codes.ts';
import type { CodeMemory } from '../../../kernels/scan/code-memory.ts';
import { scanKernel } from '../../../kernels/scan/scan-kernel.ts';
import type { SlicedMemory } from '../../../kernels/scan/sliced-memory.ts';
import type { Quantizer } from '../../../quantizers/quantizer.ts';
import { RowPositions } from '../../rows/row-positions.ts';

/** Slots of a block: a list grows by so many. A multiple of `slicedBlockRows`. */
const blockSlots = 256;
/** Blocks in one memory, which may not exceed 4 GiB. */
const blocksPerMemory = 16384;
/** Slots of a memory: place `p` is slot `p % memorySlots` of memory `p / memorySlots`. */
const memorySlots: number = blockSlots * blocksPerMemory;

/** Packs a place and a number of slots into one number, which a typed array sorts quickly. */
const runUnit = 2 * blockSlots;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface List {
  /** Numbers of its blocks; all but the last are full. */
  readonly blocks: number[];
  count: number;
}

/** A code to put in a list. */
export interface ListedCode {
  readonly row: number;
  /** Which of the row's copies it is, from 0. */
  readonly copy: number;
  readonly code: Uint8Array;
  readonly norm: number;
}

/** What is in a list: row numbers, their codes and lengths, and which of the copies each is. */
export interface ListMembers {
  readonly rows: Uint32Array;
  readonly codes: Uint8Array;
  readonly norms: Uint8Array;
  readonly copies: Uint8Array;
}

/** Codes of many lists side by side. */
export interface ListMemory {
  readonly codes: CodeMemory;
  /** The beginnings of the codes, if they are kept. */
  readonly prefixes: SlicedMemory | undefined;
  readonly norms: Uint8Array;
  /** Row number by slot. */
  readonly rows: Uint32Array;
}

export interface InvertedListsOptions {
  readonly bytesPerCode: number;
  /** Of the prefixes that are kept once more, bit by bit; 0 for none. */
  readonly prefixBits: number;
  readonly hasNorms: boolean;
  /** In how many lists a row is. */
  readonly copies: number;
}

/** Codes in lists, each a chain of blocks; a code that goes is replaced by the last of its list. */
export class InvertedLists {
  readonly prefixBits: number;
  readonly #bytesPerCode: number;
  readonly #hasNorms: boolean;
  readonly #lists: List[] = [];
  readonly #memories: Mutable<ListMemory>[] = [];
  /** By block: the list it belongs to. */
  readonly #owners: number[] = [];
  readonly #freeBlocks: number[] = [];
  /** By copy: where it is of each row. */
  readonly #positions: readonly RowPositions[];

  constructor({ bytesPerCode, prefixBits, hasNorms, copies }: InvertedListsOptions) {
    this.prefixBits = prefixBits;
    this.#bytesPerCode = bytesPerCode;
    this.#hasNorms = hasNorms;
    this.#positions = Array.from({ length: copies }, () => new RowPositions());
  }

  /** The lengths of decoded codes, if they are kept. */
  encodeNorms(codes: Codes, { decoder }: Quantizer): Uint8Array | undefined {
    return this.#hasNorms ? decoder?.encodeNorms(codes) : undefined;
  }

  get count(): number {
    return this.#lists.length;
  }

  /** Whether a row is in any list. */
  has(row: number): boolean {
    return this.#positions[0].get(row) !== undefined;
  }

  /** In how many lists a row is. */
  get copies(): number {
    return this.#positions.length;
  }

  get memories(): readonly ListMemory[] {
    return this.#memories;
  }

  size(list: number): number {
    return this.#lists[list].count;
  }

  /** @returns the number of a new, empty list */
  addList(): number {
    return this.#lists.push({ blocks: [], count: 0 }) - 1;
  }

  push(list: number, { row, copy, code, norm }: ListedCode): void {
    const { blocks, count } = this.#lists[list];
    if (count === blocks.length * blockSlots) blocks.push(this.#takeBlock(list));
    const place = (blocks.at(-1) as number) * blockSlots + (count % blockSlots);
    const memory = this.#memories[Math.floor(place / memorySlots)];
    const slot = place % memorySlots;
    memory.codes.bytes().set(code, slot * this.#bytesPerCode);
    memory.prefixes?.write(slot, code, this.#bytesPerCode);
    if (this.#hasNorms) memory.norms[slot] = norm;
    memory.rows[slot] = row;
    this.#positions[copy].set(row, place);
    this.#lists[list].count++;
  }

  /** Takes all copies of a row away. */
  remove(row: number): void {
    for (let copy = 0; copy < this.copies; copy++) this.removeCopy(row, copy);
  }

  removeCopy(row: number, copy: number): void {
    const positions = this.#positions[copy];
    const place = positions.get(row);
    if (place === undefined) return;
    const list = this.#lists[this.#listAt(place)];
    const last = (list.blocks.at(-1) as number) * blockSlots + ((list.count - 1) % blockSlots);
    if (last !== place) this.#move(last, place);
    positions.delete(row);
    list.count--;
    if (list.count % blockSlots === 0) this.#freeBlocks.push(list.blocks.pop() as number);
  }

  /** Which copy of a row, with this code, is in a list; undefined if none is. */
  copyIn(list: number, row: number, code: Uint8Array): number | undefined {
    for (const [copy, positions] of this.#positions.entries()) {
      const place = positions.get(row);
      if (place === undefined || this.#listAt(place) !== list) continue;
      const all = this.#memories[Math.floor(place / memorySlots)].codes.bytes();
      const start = (place % memorySlots) * this.#bytesPerCode;
      if (code.every((byte, i) => byte === all[start + i])) return copy;
    }
    return undefined;
  }

  #listAt(place: number): number {
    return this.#owners[Math.floor(place / blockSlots)];
  }

  /** What is in a list, one after the other. */
  members(list: number): ListMembers {
    const { count } = this.#lists[list];
    const bytes = this.#bytesPerCode;
    const rows = new Uint32Array(count);
    const codes = new Uint8Array(count * bytes);
    const norms = new Uint8Array(count);
    const copies = new Uint8Array(count);
    let done = 0;
    for (const run of this.#runs([list])) {
      const [start, filled] = [Math.floor(run / runUnit), run % runUnit];
      const memory = this.#memories[Math.floor(start / memorySlots)];
      const from = start % memorySlots;
      const to = from + filled;
      rows.set(memory.rows.subarray(from, to), done);
      codes.set(memory.codes.bytes().subarray(from * bytes, to * bytes), done * bytes);
      if (this.#hasNorms) norms.set(memory.norms.subarray(from, to), done);
      for (let i = 0; this.copies > 1 && i < filled; i++) {
        const row = rows[done + i];
        copies[done + i] = this.#positions[0].get(row) === start + i ? 0 : 1;
      }
      done += filled;
    }
    return { rows, codes, norms, copies };
  }

  /** By memory: the ranges of slots that the named lists fill, in the order of the lists. */
  ranges(lists: ArrayLike<number>): Uint32Array[] {
    const ranges: number[][] = this.#memories.map(() => []);
    for (const run of this.#runs(lists)) {
      const place = Math.floor(run / runUnit);
      const ofMemory = ranges[Math.floor(place / memorySlots)];
      const slot = place % memorySlots;
      const end = slot + (run % runUnit);
      if (ofMemory.at(-1) === slot) ofMemory[ofMemory.length - 1] = end;
      else ofMemory.push(slot, end);
    }
    return ranges.map((ofMemory) => Uint32Array.from(ofMemory));
  }

  /** By block: its first place times `runUnit`, plus how many of its slots are filled. */
  #runs(lists: ArrayLike<number>): Float64Array {
    let blockCount = 0;
    for (let i = 0; i < lists.length; i++) blockCount += this.#lists[lists[i]].blocks.length;
    const runs = new Float64Array(blockCount);
    for (let i = 0, at = 0; i < lists.length; i++) {
      const { blocks, count } = this.#lists[lists[i]];
      for (let b = 0; b < blocks.length; b++) {
        const filled = Math.min(blockSlots, count - b * blockSlots);
        runs[at++] = blocks[b] * blockSlots * runUnit + filled;
      }
    }
    return runs;
  }

  #move(from: number, to: number): void {
    const bytes = this.#bytesPerCode;
    const source = this.#memories[Math.floor(from / memorySlots)];
    const target = this.#memories[Math.floor(to / memorySlots)];
    const [slot, hole] = [from % memorySlots, to % memorySlots];
    const code = source.codes.bytes().slice(slot * bytes, (slot + 1) * bytes);
    target.codes.bytes().set(code, hole * bytes);
    target.prefixes?.write(hole, code, bytes);
    if (this.#hasNorms) target.norms[hole] = source.norms[slot];
    target.rows[hole] = source.rows[slot];
    const row = source.rows[slot];
    this.#positions.find((positions) => positions.get(row) === from)?.set(row, to);
  }

  #takeBlock(list: number): number {
    const block = this.#freeBlocks.pop() ?? this.#owners.length;
    this.#owners[block] = list;
    const ordinal = Math.floor(block / blocksPerMemory);
    if (ordinal === this.#memories.length) {
      const kernel = scanKernel();
      this.#memories.push({
        codes: kernel.createCodeMemory(this.#bytesPerCode),
        prefixes: this.prefixBits > 0 ? kernel.createSlicedMemory(this.prefixBits) : undefined,
        norms: new Uint8Array(0),
        rows: new Uint32Array(0),
      });
    }
    const memory = this.#memories[ordinal];
    const needed = ((block % blocksPerMemory) + 1) * blockSlots;
    if (needed > memory.codes.rows) {
      const slots = Math.min(memorySlots, Math.max(needed, Math.ceil(memory.codes.rows * 1.5)));
      memory.codes.resize(slots);
      memory.prefixes?.resize(slots);
      const rows = new Uint32Array(slots);
      rows.set(memory.rows);
      memory.rows = rows;
      if (this.#hasNorms) {
        const norms = new Uint8Array(slots);
        norms.set(memory.norms);
        memory.norms = norms;
      }
    }
    return block;
  }
}
