import type { FileHandle } from 'node:fs/promises';
import { BitryoshkaError } from '@bitryoshka/core';

/** Bytes that are read at a time. */
const blockBytes = 4 * 1024 * 1024;

/** A file of records that are equally long, behind a header. Loaded with Node alone. */
export class RecordFile {
  readonly path: string;
  readonly bytes: number;
  readonly #handle: FileHandle;

  private constructor(path: string, bytes: number, handle: FileHandle) {
    this.path = path;
    this.bytes = bytes;
    this.#handle = handle;
  }

  /**
   * @throws BitryoshkaError `file-not-found` when the file cannot be opened
   */
  static async open(path: string): Promise<RecordFile> {
    // Asked for when it is needed: bundles for browsers have none.
    const { open } = await import('node:fs/promises');
    try {
      const handle = await open(path);
      return new RecordFile(path, (await handle.stat()).size, handle);
    } catch (cause) {
      throw new BitryoshkaError({
        code: 'file-not-found',
        message: `${path}: ${cause instanceof Error ? cause.message : String(cause)}.`,
        remedy: 'Check the path and the permissions.',
        cause,
      });
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /**
   * @throws BitryoshkaError `truncated-file`
   */
  async read(position: number, length: number): Promise<DataView> {
    const bytes = new Uint8Array(length);
    await this.#fill(bytes, position);
    return new DataView(bytes.buffer);
  }

  /**
   * Each record, valid until the next one is asked for.
   *
   * @param start of the first
   * @param length of each, in bytes
   * @throws BitryoshkaError `truncated-file`
   */
  async *records(start: number, count: number, length: number): AsyncGenerator<DataView> {
    const perBlock = Math.max(1, Math.floor(blockBytes / length));
    for (let first = 0; first < count; first += perBlock) {
      const rows = Math.min(perBlock, count - first);
      const block = await this.read(start + first * length, rows * length);
      for (let i = 0; i < rows; i++) yield new DataView(block.buffer, i * length, length);
    }
  }

  async #fill(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(
        bytes,
        done,
        bytes.length - done,
        position + done,
      );
      if (bytesRead === 0) {
        throw new BitryoshkaError({
          code: 'truncated-file',
          message: `${this.path}: got ${position + done} bytes, expected ${position + bytes.length} at least.`,
          remedy: 'Copy or save it again.',
        });
      }
      done += bytesRead;
    }
  }
}

/** Float32 values of a record. */
export function floatsOf(record: DataView, offset: number, count: number): Float32Array {
  const start = record.byteOffset + offset;
  return new Float32Array(record.buffer.slice(start, start + count * 4));
}
