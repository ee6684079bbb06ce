import { createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { flush, flushDirectory } from './flush.ts';
import { fillFrom, openToRead } from './read-file.ts';
import type { SnapshotLock } from './snapshot-lock.ts';
import { isDiscardedLock, lockSnapshot } from './snapshot-lock.ts';
import type { Manifest, ManifestFile, SavedGeneration } from './snapshot-manifest.ts';
import {
  dataFileName,
  encodeManifest,
  isFileName,
  manifestName,
  parseDataFileName,
  readManifest,
} from './snapshot-manifest.ts';

/** The bytes of one file, piece by piece. */
export type FileSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A file whose number of lines is known before it is written: one that gets another number is refused. */
export interface LinesSource {
  readonly pieces: FileSource;
  readonly lines: number;
}

/** What a snapshot holds. */
export interface SnapshotContents {
  /** What it is a snapshot of, such as `vector-store`; reading asks for it. */
  readonly kind: string;
  /** Anything that JSON can hold. */
  readonly settings: unknown;
  /** By name: lower-case letters, digits, dots and hyphens. They are written one after the other. */
  readonly files: Readonly<Record<string, FileSource | LinesSource>>;
}

export interface WriteSnapshotOptions extends TaskOptions {
  /** Throws unless the save that the folder holds may be replaced: before anything is written, and before it is. */
  readonly checkReplace?: ((current: SavedGeneration) => void) | undefined;
  /** Is told as soon as the folder holds the new snapshot. */
  readonly onReplaced?: ((saved: SavedGeneration) => void) | undefined;
}

/** Longer pieces are written and read back in parts, so that an abort is noticed in between. */
const partBytes = 4 * 1024 * 1024;
const lineEnd = 10;

/**
 * Replaces the contents of a folder as a whole or not at all: when this rejects, or the process dies
 * at any point, the folder still holds the snapshot that it held before. The folder is made when
 * missing; files in it that are not bitryoshka's stay as they are. What was written is read back before it
 * replaces anything. Saves of one folder wait for each other, also in other processes; what one that was killed has
 * left behind goes with the next. Progress is counted in files.
 *
 * @throws BitryoshkaError `write-failed`, `write-conflict` when another save has taken this one for dead, or `invalid-option`
 *   for a file name that is not allowed; errors of the sources, what `checkReplace` throws and the signal's reason are
 *   passed on as they are
 */
export async function writeSnapshot(
  directory: string,
  contents: SnapshotContents,
  options: WriteSnapshotOptions = {},
): Promise<void> {
  const { signal } = options;
  checkNames(Object.keys(contents.files));
  signal?.throwIfAborted();
  await makeDirectory(directory);
  const lock = await attempt(directory, () => lockSnapshot(directory, signal), signal);
  try {
    await replaceSnapshot(directory, contents, options, lock);
  } finally {
    await lock.release();
  }
}

async function replaceSnapshot(
  directory: string,
  { kind, settings, files: contents }: SnapshotContents,
  { signal, onProgress, checkReplace, onReplaced }: WriteSnapshotOptions,
  lock: SnapshotLock,
): Promise<void> {
  const checkCurrent = async (): Promise<Manifest | undefined> => {
    const current = await readManifest(directory).catch(() => undefined);
    if (current) checkReplace?.(current);
    return current;
  };
  // Before the work, and so that a disk that is full of leftovers has room; but not where the manifest is missing or
  // damaged, and files that it has named may be all that is left.
  const current = await checkCurrent();
  if (current) await removeUnnamed(directory, current.files);

  const generation = randomBytes(8).toString('hex');
  const files: Record<string, ManifestFile> = {};
  const written: string[] = [];
  const write = async (path: string, source: FileSource) => {
    written.push(path);
    return { path, ...(await writeFile(join(directory, path), source, signal)) };
  };
  const total = Object.keys(contents).length;
  let saved: SavedGeneration;
  try {
    for (const [done, [name, content]] of Object.entries(contents).entries()) {
      onProgress?.({ stage: 'save', done, total });
      files[name] = await write(dataFileName(generation, name), piecesOf(content));
    }
    saved = { generation, savedAt: Date.now() };
    const temporary = dataFileName(generation, manifestName);
    await write(temporary, [encodeManifest({ ...saved, kind, settings, files })]);
    // Renaming may reach the disk before the entries of the data files do.
    await attempt(directory, () => flushDirectory(directory));
    await attempt(directory, () => readBack(directory, temporary, contents, signal), signal);
    await checkCurrent();
    if (!(await lock.isHeld())) throw takenOver(directory);
    signal?.throwIfAborted();
    await attempt(directory, () =>
      rename(join(directory, temporary), join(directory, manifestName)),
    );
  } catch (error) {
    await removeFiles(directory, written);
    throw error;
  }
  onReplaced?.(saved);
  await flushReplaced(directory);
  onProgress?.({ stage: 'save', done: total, total });
  await removeUnnamed(directory, files);
}

/** Makes the folder and those above it that are missing, and has the disk know of each. */
async function makeDirectory(directory: string): Promise<void> {
  await attempt(directory, async () => {
    const first = await mkdir(directory, { recursive: true });
    if (first === undefined) return;
    let made = resolve(directory);
    for (const end = dirname(resolve(first)); made !== end && made !== dirname(made); ) {
      made = dirname(made);
      // Folders that may be written to but not read are no reason to save nothing.
      await flushDirectory(made).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'EACCES' && cause.code !== 'EPERM') throw cause;
      });
    }
  });
}

/**
 * Reads what was written as `readSnapshot` will.
 *
 * @throws BitryoshkaError unless it is all there
 */
async function readBack(
  directory: string,
  manifestPath: string,
  contents: SnapshotContents['files'],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { files } = await readManifest(directory, manifestPath);
  for (const [name, { path, bytes, sha256 }] of Object.entries(files)) {
    const file = join(directory, path);
    const handle = await openToRead(file);
    try {
      const { size } = await handle.stat();
      if (size !== bytes) throw notAsWritten(file, `${size} bytes`, `${bytes}`);
      const hash = createHash('sha256');
      const buffer = Buffer.alloc(Math.min(bytes, partBytes));
      let lines = 0;
      for (let position = 0; position < bytes; position += partBytes) {
        const part = buffer.subarray(0, bytes - position);
        const endedAt = (at: number) => notAsWritten(file, `${at} bytes`, `${bytes}`);
        await fillFrom(handle, part, { position, signal, endedAt });
        hash.update(part);
        lines += countLines(part);
      }
      if (hash.digest('hex') !== sha256) throw notAsWritten(file, 'other bytes', 'those written');
      const content = contents[name];
      const expected = content && 'lines' in content ? content.lines : lines;
      if (lines !== expected) throw notAsWritten(file, `${lines} lines`, `${expected}`);
    } finally {
      await handle.close();
    }
  }
}

function countLines(part: Buffer): number {
  let lines = 0;
  for (let at = part.indexOf(lineEnd); at >= 0; at = part.indexOf(lineEnd, at + 1)) lines++;
  return lines;
}

function piecesOf(content: FileSource | LinesSource): FileSource {
  return 'lines' in content ? content.pieces : content;
}

function checkNames(names: readonly string[]): void {
  const wrong = names.find((name) => !isFileName(name));
  if (wrong === undefined) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `files: got the name "${wrong}", expected lower-case letters, digits, dots and hyphens.`,
    remedy: 'Choose another name.',
  });
}

async function writeFile(
  path: string,
  source: FileSource,
  signal: AbortSignal | undefined,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  // Fails when the file exists, rather than overwrite what another save has written.
  const handle = await attempt(path, () => open(path, 'wx'));
  try {
    for await (const piece of source) {
      for (let start = 0; start < piece.length; start += partBytes) {
        signal?.throwIfAborted();
        const part = piece.subarray(start, start + partBytes);
        hash.update(part);
        await attempt(path, () => writeAll(handle, part));
      }
      bytes += piece.length;
    }
    signal?.throwIfAborted();
    await attempt(path, () => flush(handle));
  } catch (cause) {
    await handle.close().catch(() => undefined);
    throw cause;
  }
  // Some file systems say only now that there was no room.
  await attempt(path, () => handle.close());
  return { bytes, sha256: hash.digest('hex') };
}

/** One write may take fewer bytes than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; ) {
    start += (await handle.write(bytes, start)).bytesWritten;
  }
}

/** By now readers find the new snapshot: only a power cut could bring back the old one. */
async function flushReplaced(directory: string): Promise<void> {
  try {
    await flushDirectory(directory);
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'write-failed',
      message: `${directory}: ${reasonOf(cause)}. It holds what was saved, but may not after a power cut.`,
      remedy: 'Save again.',
      cause,
    });
  }
}

/** Removes what was replaced, and what saves that were killed have left: nobody else writes while the lock is held. */
async function removeUnnamed(directory: string, files: Manifest['files']): Promise<void> {
  const named = new Set(Object.values(files).map(({ path }) => path));
  const found = await readdir(directory).catch(() => []);
  await removeFiles(
    directory,
    found.filter((path) => (parseDataFileName(path) && !named.has(path)) || isDiscardedLock(path)),
  );
}

/** What cannot be removed is left: by now the save has succeeded, or has failed for a better reason. */
async function removeFiles(directory: string, paths: readonly string[]): Promise<void> {
  await Promise.all(
    paths.map((path) => rm(join(directory, path), { force: true }).catch(() => undefined)),
  );
}

async function attempt<T>(
  path: string,
  action: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    signal?.throwIfAborted();
    if (BitryoshkaError.isInstance(cause) && cause.code === 'write-failed') throw cause;
    throw new BitryoshkaError({
      code: 'write-failed',
      message: `${path}: ${reasonOf(cause)}.`,
      remedy:
        'Check the path, the permissions and the free space; what was saved before is as it was.',
      cause,
    });
  }
}

function takenOver(directory: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'write-conflict',
    message: `${directory}: another save began when this one had shown no life for ten seconds.`,
    remedy: 'Save again, and block the event loop for less.',
  });
}

function notAsWritten(file: string, got: string, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'write-failed',
    message: `${file}: read back ${got}, expected ${expected}.`,
    remedy: 'Save again; what was saved before is as it was.',
  });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
