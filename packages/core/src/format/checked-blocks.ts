import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Crc32 } from './crc32.ts';

/** Bytes that have a checksum of their own. */
export const blockBytes: number = 1 << 20;

/** Bytes to be read, wherever they lie. */
export interface ByteSource {
  readonly byteLength: number;
  /** @returns `length` bytes from `offset`, which nobody changes */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The checksums of bytes that come in pieces, one for each block of them. */
export class BlockChecksums {
  readonly checksums: Uint32Array<ArrayBuffer>;
  readonly #crc32: Crc32;
  #done = 0;

  constructor(bytes: number, crc32: Crc32) {
    this.checksums = new Uint32Array(Math.ceil(bytes / blockBytes));
    this.#crc32 = crc32;
  }

  add(piece: Uint8Array): void {
    for (let start = 0; start < piece.length; ) {
      const block = Math.floor(this.#done / blockBytes);
      const end = Math.min(piece.length, start + (block + 1) * blockBytes - this.#done);
      this.checksums[block] = this.#crc32(piece.subarray(start, end), this.checksums[block]);
      this.#done += end - start;
      start = end;
    }
  }
}

export interface CheckedBlocksOptions {
  /** Where the first block begins, and how many bytes all of them have. */
  readonly first: number;
  readonly bytes: number;
  readonly checksums: Uint32Array;
  readonly crc32: Crc32;
  /** What is thrown for a block that is another than it was. */
  readonly damaged: (start: number, end: number) => Error;
  readonly task: TaskOptions;
}

/**
 * Reads blocks, each of which is compared with its checksum before any of it is handed on: in turns, and quickest in
 * their order.
 */
export class CheckedBlocks {
  readonly #source: ByteSource;
  readonly #options: CheckedBlocksOptions;
  /** Blocks that nobody has read. */
  readonly #unread: Set<number>;
  /** The last that was handed on: what is read next is likely to begin in it. */
  #block = -1;
  #bytes: Uint8Array = new Uint8Array(0);
  /** The one behind it, which is read while it is looked at. */
  #ahead: { readonly block: number; readonly bytes: Promise<Uint8Array> } | undefined;

  constructor(source: ByteSource, options: CheckedBlocksOptions) {
    this.#source = source;
    this.#options = options;
    this.#unread = new Set(options.checksums.keys());
  }

  /**
   * @returns `length` bytes from `offset` behind the first, which nobody changes
   * @throws what `damaged` makes
   */
  async read(offset: number, length: number): Promise<Uint8Array> {
    // No block holds what lies at the end, which is nothing.
    if (length === 0) return new Uint8Array(0);
    const first = Math.floor(offset / blockBytes);
    const within = offset - first * blockBytes;
    if (within + length <= blockBytes) {
      return (await this.#read(first)).subarray(within, within + length);
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const block = Math.floor((offset + done) / blockBytes);
      const start = offset + done - block * blockBytes;
      const some = (await this.#read(block)).subarray(start, start + length - done);
      bytes.set(some, done);
      done += some.length;
    }
    return bytes;
  }

  /**
   * Reads what nobody has asked for.
   *
   * @throws what `damaged` makes
   */
  async checkOthers(): Promise<void> {
    for (const block of this.#unread) await this.#read(block);
  }

  async #read(block: number): Promise<Uint8Array> {
    if (block === this.#block) return this.#bytes;
    const bytes = await (this.#ahead?.block === block ? this.#ahead.bytes : this.#fetch(block));
    this.#ahead = undefined;
    if (this.#rangeOf(block + 1).length > 0) {
      const ahead = { block: block + 1, bytes: this.#fetch(block + 1) };
      // Who asks for it is told.
      ahead.bytes.catch(() => undefined);
      this.#ahead = ahead;
    }
    const { checksums, crc32, damaged, task } = this.#options;
    if (crc32(bytes, 0) !== checksums[block]) {
      const { start, length } = this.#rangeOf(block);
      throw damaged(start, start + length);
    }
    this.#unread.delete(block);
    const total = checksums.length;
    await checkpoint(task, { stage: 'load', done: total - this.#unread.size, total });
    this.#block = block;
    this.#bytes = bytes;
    return bytes;
  }

  #fetch(block: number): Promise<Uint8Array> {
    const { start, length } = this.#rangeOf(block);
    return this.#source.read(this.#options.first + start, length);
  }

  #rangeOf(block: number): { readonly start: number; readonly length: number } {
    const start = block * blockBytes;
    return { start, length: Math.min(blockBytes, this.#options.bytes - start) };
  }
}
