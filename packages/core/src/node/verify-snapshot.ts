import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkSnapshotFile } from './read-snapshot.ts';
import type { Manifest } from './snapshot-manifest.ts';
import { manifestName, parseDataFileName, readManifest } from './snapshot-manifest.ts';

/** What became of one file of a snapshot. */
export interface SnapshotFileState {
  /** In the folder. */
  readonly path: string;
  /** What the snapshot calls it; `manifest` for the one that names the others. */
  readonly name: string;
  /** Undefined where there is no such file. */
  readonly bytes: number | undefined;
  /** `unnamed`: no part of the snapshot, as far as the manifest can be read; the next save removes it. */
  readonly state: 'whole' | 'damaged' | 'missing' | 'unnamed';
  /** What is wrong with it. */
  readonly problem: string | undefined;
}

/** What is known of a folder that cannot be read as a whole, perhaps. */
export interface SnapshotState {
  /** Undefined where it is missing or damaged. */
  readonly manifest: Manifest | undefined;
  /** The manifest first. */
  readonly files: readonly SnapshotFileState[];
}

/**
 * Reads every file of a snapshot, and says what is wrong with each. A save meanwhile is no damage, but may look like
 * one.
 *
 * @throws BitryoshkaError `file-not-found` when there is no such folder; the signal's reason
 */
export async function verifySnapshot(
  directory: string,
  { signal, onProgress }: TaskOptions = {},
): Promise<SnapshotState> {
  signal?.throwIfAborted();
  const present = await namesIn(directory);
  const files: SnapshotFileState[] = [];
  const add = async (path: string, name: string, check: () => Promise<unknown>) => {
    const found = await lstat(join(directory, path)).catch(() => undefined);
    const problem = await check().then(() => undefined, problemOf);
    signal?.throwIfAborted();
    const damaged = found ? 'damaged' : 'missing';
    const state = problem === undefined ? 'whole' : damaged;
    files.push({ path, name, bytes: found?.size, state, problem });
  };
  let manifest: Manifest | undefined;
  await add(manifestName, 'manifest', async () => {
    manifest = await readManifest(directory);
  });
  const named = Object.entries(manifest?.files ?? {});
  for (const [done, [name, file]] of named.entries()) {
    onProgress?.({ stage: 'verify', done, total: named.length });
    await add(file.path, name, () => checkSnapshotFile(directory, file, signal));
  }
  const known = new Set(files.map(({ path }) => path));
  for (const path of present.filter((each) => !known.has(each))) {
    const { name } = parseDataFileName(path) ?? {};
    if (name === undefined) continue;
    const found = await lstat(join(directory, path)).catch(() => undefined);
    files.push({ path, name, bytes: found?.size, state: 'unnamed', problem: undefined });
  }
  return { manifest, files };
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'file-not-found',
      message: `${directory}: ${(cause as Error).message}.`,
      remedy: 'Name a folder that was saved by bitryoshka.',
      cause,
    });
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
