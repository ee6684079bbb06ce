import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { fillFrom } from './read-file.ts';
import type { Manifest, ManifestFile } from './snapshot-manifest.ts';
import { readManifest } from './snapshot-manifest.ts';

/** A file of a snapshot. Nothing of it is handed out before its length and hash have been checked. */
export interface SnapshotFile {
  readonly bytes: number;
  /**
   * The whole file.
   *
   * @throws BitryoshkaError `truncated-file` or `checksum-mismatch`
   */
  read(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The file in pieces, for what need not be in memory at once. Reads the file twice: to check it, and
   * to hand it out. A piece is valid until the next one is asked for.
   *
   * @throws BitryoshkaError `truncated-file` or `checksum-mismatch`
   */
  stream(): AsyncIterable<Uint8Array>;
}

export interface Snapshot {
  readonly settings: unknown;
  readonly files: Readonly<Record<string, SnapshotFile>>;
}

/** Bytes per read: far below what one system call can take. */
const pieceBytes = 4 * 1024 * 1024;
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
      const reader = new FileReader(file, handles.get(name) as FileHandle, signal);
      files[name] = {
        bytes: file.bytes,
        read: () => reader.read(),
        stream: () => reader.stream(),
      };
    }
    return await use({ settings: manifest.settings, files });
  } finally {
    await closeAll(handles);
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
        handles.set(name, await open(join(directory, path), 'r'));
      }
      return { manifest, handles };
    } catch (cause) {
      await closeAll(handles);
      // A save may have replaced the snapshot between the reading of its manifest and the opening.
      const now = await readManifest(directory);
      const replaced = JSON.stringify(now) !== JSON.stringify(manifest);
      if (replaced && attempt < maximumAttempts) continue;
      throw new BitryoshkaError({
        code: 'truncated-file',
        message: `${directory}: ${cause instanceof Error ? cause.message : String(cause)}, expected every file that the manifest names.`,
        remedy: 'Copy or save the folder again; it is incomplete.',
        cause,
      });
    }
  }
}

async function closeAll(handles: ReadonlyMap<string, FileHandle>): Promise<void> {
  for (const handle of handles.values()) await handle.close();
}

class FileReader {
  readonly #file: ManifestFile;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal | undefined;

  constructor(file: ManifestFile, handle: FileHandle, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#handle = handle;
    this.#signal = signal;
  }

  async read(): Promise<Uint8Array<ArrayBuffer>> {
    await this.#checkLength();
    const bytes = new Uint8Array(this.#file.bytes);
    const hash = createHash('sha256');
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      const piece = bytes.subarray(start, start + pieceBytes);
      await this.#fill(piece, start);
      hash.update(piece);
    }
    this.#checkHash(hash.digest('hex'));
    return bytes;
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    await this.#checkLength();
    const hash = createHash('sha256');
    for await (const piece of this.#pieces()) hash.update(piece);
    this.#checkHash(hash.digest('hex'));
    yield* this.#pieces();
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
