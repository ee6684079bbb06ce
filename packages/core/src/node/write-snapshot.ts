import { createHash, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { flush } from './flush.ts';
import type { Manifest, ManifestFile } from './snapshot-manifest.ts';
import {
  dataFileName,
  encodeManifest,
  isDataFileName,
  isFileName,
  manifestName,
  readManifest,
} from './snapshot-manifest.ts';

/** The bytes of one file, piece by piece. */
export type FileSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** What a snapshot holds. */
export interface SnapshotContents {
  /** What it is a snapshot of, such as `vector-store`; reading asks for it. */
  readonly kind: string;
  /** Anything that JSON can hold. */
  readonly settings: unknown;
  /** By name: lower-case letters, digits, dots and hyphens. They are written one after the other. */
  readonly files: Readonly<Record<string, FileSource>>;
}

/** Longer pieces are written in parts, so that an abort is noticed in between. */
const maximumWriteBytes = 16 * 1024 * 1024;
/** Leftovers of killed saves are deleted at this age: no save that still runs is as old. */
const leftoverAge = 24 * 60 * 60 * 1000;

/**
 * Replaces the contents of a folder as a whole or not at all: when this rejects, or the process dies
 * at any point, the folder still holds the snapshot that it held before. The folder is made when
 * missing; files in it that are not bitryoshka's stay as they are. When several saves run at once, the
 * last to finish wins. Progress is counted in files.
 *
 * @throws BitryoshkaError `write-failed`, or `invalid-option` for a file name that is not allowed;
 *   errors of the sources and the signal's reason are passed on as they are
 */
export async function writeSnapshot(
  directory: string,
  contents: SnapshotContents,
  options: TaskOptions = {},
): Promise<void> {
  const { signal, onProgress } = options;
  const { kind, settings } = contents;
  const sources = Object.entries(contents.files);
  checkNames(sources.map(([name]) => name));
  signal?.throwIfAborted();
  await attempt(directory, () => mkdir(directory, { recursive: true }));

  const generation = randomBytes(8).toString('hex');
  const files: Record<string, ManifestFile> = {};
  const written: string[] = [];
  const write = async (path: string, source: FileSource) => {
    written.push(path);
    return { path, ...(await writeFile(join(directory, path), source, signal)) };
  };
  let replaced: Manifest | undefined;
  try {
    for (const [done, [name, source]] of sources.entries()) {
      onProgress?.({ stage: 'save', done, total: sources.length });
      files[name] = await write(dataFileName(generation, name), source);
    }
    const manifest = dataFileName(generation, manifestName);
    await write(manifest, [encodeManifest({ kind, settings, files })]);
    // Renaming may reach the disk before the entries of the data files do.
    await syncDirectory(directory);
    replaced = await readManifest(directory).catch(() => undefined);
    signal?.throwIfAborted();
    await attempt(directory, () =>
      rename(join(directory, manifest), join(directory, manifestName)),
    );
  } catch (error) {
    await removeFiles(directory, written);
    throw error;
  }
  await syncDirectory(directory);
  onProgress?.({ stage: 'save', done: sources.length, total: sources.length });

  // Only what this save has replaced, and what is too old to belong to a save that still runs: the
  // young files of others may be about to be named by their manifest.
  const outdated = Object.values(replaced?.files ?? {}).map(({ path }) => path);
  const current = new Set(Object.values(files).map(({ path }) => path));
  const leftovers = await findLeftovers(directory);
  await removeFiles(
    directory,
    [...outdated, ...leftovers].filter((path) => !current.has(path)),
  );
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
      for (let start = 0; start < piece.length; start += maximumWriteBytes) {
        signal?.throwIfAborted();
        const part = piece.subarray(start, start + maximumWriteBytes);
        hash.update(part);
        await attempt(path, () => writeAll(handle, part));
      }
      bytes += piece.length;
    }
    signal?.throwIfAborted();
    await attempt(path, () => flush(handle));
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** One write may take fewer bytes than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; ) {
    start += (await handle.write(bytes, start)).bytesWritten;
  }
}

/** Makes renames survive a power cut. */
async function syncDirectory(directory: string): Promise<void> {
  // Windows opens no directories, and journals its renames.
  if (process.platform === 'win32') return;
  const handle = await attempt(directory, () => open(directory, 'r'));
  try {
    await attempt(directory, () => flush(handle));
  } finally {
    await handle.close();
  }
}

async function findLeftovers(directory: string): Promise<string[]> {
  const leftovers: string[] = [];
  const oldest = Date.now() - leftoverAge;
  for (const path of await readdir(directory).catch(() => [])) {
    if (!isDataFileName(path)) continue;
    const { mtimeMs } = await stat(join(directory, path)).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < oldest) leftovers.push(path);
  }
  return leftovers;
}

/** What cannot be removed is left: by now the save has succeeded, or has failed for a better reason. */
async function removeFiles(directory: string, paths: readonly string[]): Promise<void> {
  await Promise.all(
    paths.map((path) => rm(join(directory, path), { force: true }).catch(() => undefined)),
  );
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'write-failed',
      message: `${path}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy:
        'Check the path, the permissions and the free space; what was saved before is intact.',
      cause,
    });
  }
}
