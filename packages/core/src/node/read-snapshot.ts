import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { ByteSource } from '../format/checked-blocks.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { fillFrom, openToRead } from './read-file.ts';
import type { Manifest, ManifestFile, SavedGeneration } from './snapshot-manifest.ts';
import { readManifest } from './snapshot-manifest.ts';

/** A file of a snapshot. Nothing of it is handed out before its length and hash have been checked. */
export interface SnapshotFile {
  /** Where it lies. */
  readonly path: string;
  readonly bytes: number;
  /**
   * The whole file.
   *
   * @throws BitryoshkaError `truncated-file` or `checksum-mismatch`, `invalid-file` for one that does not fit in memory
   */
  read(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The file in pieces, for what need not be in memory at once. Reads the file twice: to check it, and
   * to hand it out. A piece is valid until the next one is asked for.
   *
   * @throws BitryoshkaError `truncated-file` or `checksum-mismatch`
   */
  stream(): AsyncIterable<Uint8Array>;
  /**
   * The file to read from where it is wanted, once it has been checked; until `use` has ended.
   *
   * @throws BitryoshkaError `truncated-file` or `checksum-mismatch`
   */
  source(): Promise<ByteSource>;
}

export interface Snapshot extends SavedGeneration {
  readonly settings: unknown;
  readonly files: Readonly<Record<string, SnapshotFile>>;
}

/** Bytes per read: far below what one system call can take. */
const pieceBytes = 4 * 1024 * 1024;
/** Above it, files are for `source` and `stream`. */
const mostBytes = 2 ** 32;
/** How many saves in a row may replace the snapshot while it is being opened. */
const maximumAttempts = 10;

/**
 * Reads what `writeSnapshot` wrote. The files stay open, and thus whole, until `use` has ended, even
 * when a save replaces them meanwhile.
 *
 * @param expectedKind the kind it was written with
 * @param use turns the snapshot into what is wanted of it
 * @returns what `use` returns
 * @throws BitryoshkaError `file-not-found` for a folder without a snapshot, `invalid-file` for another
 *   kind or a manifest that is not bitryoshka's, `unsupported-version`, `truncated-file` for a missing
 *   file, and what the files throw
 */
export async function readSnapshot<T>(
  directory: string,
  expectedKind: string,
  use: (snapshot: Snapshot) => T | Promise<T>,
  options: Pick<TaskOptions, 'signal'> = {},
): Promise<T> {
  const { signal } = options;
  signal?.throwIfAborted();
  const { manifest, handles } = await openFiles(directory, expectedKind);
  try {
    const files: Record<string, SnapshotFile> = {};
    for (const [name, file] of Object.entries(manifest.files)) {
      const path = join(directory, file.path);
      const handle = handles.get(name) as FileHandle;
      const reader = new FileReader({ ...file, path }, handle, signal);
      files[name] = {
        path,
        bytes: file.bytes,
        read: () => reader.read(),
        stream: () => reader.stream(),
        source: () => reader.source(),
      };
    }
    const { settings, generation, savedAt } = manifest;
    return await use({ settings, files, generation, savedAt });
  } finally {
    await closeAll(handles);
  }
}

/**
 * Reads one file, and says nothing unless something is wrong with it.
 *
 * @throws BitryoshkaError `truncated-file` or `checksum-mismatch`, and as `openToRead`
 */
export async function checkSnapshotFile(
  directory: string,
  file: ManifestFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = join(directory, file.path);
  const handle = await openToRead(path);
  try {
    await new FileReader({ ...file, path }, handle, signal).check();
  } finally {
    await handle.close();
  }
}

async function openFiles(
  directory: string,
  expectedKind: string,
): Promise<{ manifest: Manifest; handles: Map<string, FileHandle> }> {
  for (let attempt = 1; ; attempt++) {
    const manifest = await readManifest(directory);
    if (manifest.kind !== expectedKind) {
      throw new BitryoshkaError({
        code: 'invalid-file',
        message: `${directory}: got a snapshot of kind "${manifest.kind}", expected "${expectedKind}".`,
        remedy: 'Check that this is the right folder.',
      });
    }
    const handles = new Map<string, FileHandle>();
    try {
      for (const [name, { path }] of Object.entries(manifest.files)) {
        handles.set(name, await openToRead(join(directory, path)));
      }
      return { manifest, handles };
    } catch (cause) {
      await closeAll(handles);
      // A save may have replaced the snapshot between the reading of its manifest and the opening.
      const now = await readManifest(directory);
      const isReplaced = filesOf(now) !== filesOf(manifest);
      if (isReplaced && attempt < maximumAttempts) continue;
      if (BitryoshkaError.isInstance(cause) && cause.code !== 'file-not-found') throw cause;
      throw new BitryoshkaError({
        code: 'truncated-file',
        message: `${directory}: ${cause instanceof Error ? cause.message : String(cause)}, expected every file that the manifest names.`,
        remedy: 'Copy or save the folder again; it is incomplete.',
        cause,
      });
    }
  }
}

function filesOf({ files }: Manifest): string {
  return JSON.stringify(files);
}

async function closeAll(handles: ReadonlyMap<string, FileHandle>): Promise<void> {
  for (const handle of handles.values()) await handle.close();
}

class FileReader {
  readonly #file: ManifestFile;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal | undefined;

  /** @param file with the path to it */
  constructor(file: ManifestFile, handle: FileHandle, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#handle = handle;
    this.#signal = signal;
  }

  async read(): Promise<Uint8Array<ArrayBuffer>> {
    const { bytes: length, path } = this.#file;
    if (length > mostBytes) {
      throw new BitryoshkaError({
        code: 'invalid-file',
        message: `${path}: got ${length} bytes, expected ${mostBytes} at most.`,
        remedy: 'Check that the folder is one that was saved by bitryoshka.',
      });
    }
    // Before there is room for it, which the file may only claim to need.
    await this.check();
    const bytes = new Uint8Array(length);
    await this.#fill(bytes, 0);
    return bytes;
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    await this.check();
    yield* this.#pieces();
  }

  async source(): Promise<ByteSource> {
    await this.check();
    return {
      byteLength: this.#file.bytes,
      read: async (offset, length) => {
        // Not filled with zeros, which would take as long as reading.
        const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
        await this.#fill(bytes, offset);
        return bytes;
      },
    };
  }

  async check(): Promise<void> {
    await this.#checkLength();
    const hash = createHash('sha256');
    for await (const piece of this.#pieces()) hash.update(piece);
    this.#checkHash(hash.digest('hex'));
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    const { bytes } = this.#file;
    const buffer = new Uint8Array(Math.min(bytes, pieceBytes));
    for (let start = 0; start < bytes; start += pieceBytes) {
      const piece = buffer.subarray(0, Math.min(pieceBytes, bytes - start));
      await this.#fill(piece, start);
      yield piece;
    }
  }

  #fill(piece: Uint8Array, position: number): Promise<void> {
    return fillFrom(this.#handle, piece, {
      position,
      signal: this.#signal,
      endedAt: (at) => this.#truncated(at),
    });
  }

  async #checkLength(): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size < this.#file.bytes) throw this.#truncated(size);
    if (size > this.#file.bytes) {
      throw this.#damaged(`got ${size} bytes, expected ${this.#file.bytes}`);
    }
  }

  #checkHash(got: string): void {
    const { sha256 } = this.#file;
    if (got !== sha256) throw this.#damaged(`got contents with SHA-256 ${got}, expected ${sha256}`);
  }

  #truncated(got: number): BitryoshkaError {
    return new BitryoshkaError({
      code: 'truncated-file',
      message: `${this.#file.path}: got ${got} bytes, expected ${this.#file.bytes}.`,
      remedy: 'Copy or save the folder again; it is incomplete.',
    });
  }

  #damaged(what: string): BitryoshkaError {
    return new BitryoshkaError({
      code: 'checksum-mismatch',
      message: `${this.#file.path}: ${what}.`,
      remedy: 'The file was damaged: copy or save the folder again.',
    });
  }
}
