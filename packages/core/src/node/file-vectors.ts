import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { VectorFormatName } from '../kernels/scan/vector-layout.ts';
import { ExternalVectors, externalBlockRows } from '../search/vectors/external-vectors.ts';
import type { StoredVectors } from '../search/vectors/stored-vectors.ts';
import type { VectorCodec } from '../search/vectors/vector-codecs.ts';
import { vectorCodec } from '../search/vectors/vector-codecs.ts';

export interface FileVectorsOptions {
  /** An existing folder for the working files. */
  readonly directory: string;
  /** Default: `float32`. */
  readonly format?: VectorFormatName | undefined;
}

/** What lies between two rows is read along with them up to as much: a page costs as much as a byte. */
const pageBytes = 4096;

/** Closes files whose stores are gone. */
const abandoned = new FinalizationRegistry<number>((file) => closeSync(file));

/**
 * Storage for an index that keeps the vectors it re-ranks with in files, so that memory holds codes only.
 * They are working files of this process: their names vanish at once, their bytes with the index.
 */
export function fileVectors({
  directory,
  format = 'float32',
}: FileVectorsOptions): (dimensions: number) => StoredVectors {
  return (dimensions) => new FileVectors(directory, vectorCodec(format, dimensions));
}

class FileVectors extends ExternalVectors {
  readonly #file: number;
  /** Holds the rows that were read last. */
  #buffer = new Uint8Array(0);

  /**
   * @throws BitryoshkaError `write-failed`
   */
  constructor(directory: string, codec: VectorCodec) {
    super(codec);
    const path = join(directory, `${randomUUID()}.vectors`);
    this.#file = attempt(path, () => openSync(path, 'wx+'));
    abandoned.register(this, this.#file);
    unlinkSync(path);
  }

  /** @param offset rows behind the last that counts: nothing counts before all is written */
  protected override write(block: Uint8Array, offset: number): void {
    let position = (this.rows + offset) * this.bytesPerVector;
    for (let rest = block; rest.length > 0; ) {
      const written = attempt('vectors', () =>
        writeSync(this.#file, rest, 0, rest.length, position),
      );
      position += written;
      rest = rest.subarray(written);
    }
  }

  /** Reads rows in the order of the file, those that lie close together at once. */
  protected override read(
    rows: ArrayLike<number>,
    take: (i: number, encoded: Uint8Array) => void,
  ): void {
    const { bytesPerVector: bytes } = this;
    const order = Uint32Array.from(rows, (_, i) => i).sort((a, b) => rows[a] - rows[b]);
    for (let start = 0, end = 0; start < order.length; start = end) {
      const first = rows[order[start]];
      for (end = start + 1; end < order.length && end < start + externalBlockRows; end++) {
        if ((rows[order[end]] - rows[order[end - 1]] - 1) * bytes > pageBytes) break;
      }
      const last = rows[order[end - 1]];
      this.#fill(first * bytes, (last + 1 - first) * bytes);
      for (let i = start; i < end; i++) {
        const at = (rows[order[i]] - first) * bytes;
        take(order[i], this.#buffer.subarray(at, at + bytes));
      }
    }
  }

  /**
   * @throws BitryoshkaError `truncated-file`
   */
  #fill(position: number, length: number): void {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    const read = readSync(this.#file, this.#buffer, 0, length, position);
    if (read === length) return;
    throw new BitryoshkaError({
      code: 'truncated-file',
      message: `vectors: got ${read} bytes of the working file, expected ${length}.`,
      remedy: 'Build the index again, on a disk that keeps what is written.',
    });
  }
}

function attempt<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'write-failed',
      message: `${path}: could not write the working file (${String(cause)}).`,
      remedy: 'Name an existing folder that may be written to, on a disk with room.',
      cause,
    });
  }
}
