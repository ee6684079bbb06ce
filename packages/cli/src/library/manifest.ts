import { chmod, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import { replaceFile } from '@bitryoshka/core/node';
import { indexFormat, manifestFile, manifestHead, storeFolder } from '../folders/index-folder.ts';
import { complain } from '../terminal/print.ts';

/** Where a passage stands in a file. */
interface PassagePlace {
  /** Of the document in the store: the same for equal passages. */
  readonly id: string;
  readonly line: number;
  readonly endLine: number;
}

/** What the index knows of a file. */
export interface IndexedFile {
  /** The state of the file that was read. */
  readonly fingerprint: string;
  readonly places: readonly PassagePlace[];
  /** Why it has no passages. */
  readonly skipped?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What an index is of. */
export interface IndexSubject {
  readonly folder?: string;
  /** Default: the bundled one. */
  readonly model?: string | undefined;
  readonly bits?: number | undefined;
}

export type IndexedFiles = ReadonlyMap<string, IndexedFile>;

/** Another one reads files in another way. */
const version = 1;

/**
 * What an index folder knows of files; nothing for a folder that is not there, or empty, or whose list of files is
 * damaged.
 *
 * @throws BitryoshkaError `invalid-option` for a folder that holds something else, `unsupported-version` for an index
 *   of a later version
 */
export async function readManifest(folder: string): Promise<IndexedFiles> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException): string[] => {
    if (cause.code === 'ENOENT') return [];
    throw notOurs(folder, cause.code === 'ENOTDIR' ? 'a file' : `a folder (${cause.code})`);
  });
  // Another call may be about to write the list.
  if (names.every((name) => name.startsWith(`${manifestFile}.`))) return new Map();
  if (!names.includes(manifestFile)) {
    const isStore = names.includes('bitryoshka.json');
    throw notOurs(folder, isStore ? 'a store' : 'a folder with other files');
  }
  const saved = await parseManifest(join(folder, manifestFile));
  if (saved === undefined) {
    // What was damaged was ours if nothing else is beside it.
    const others = names.filter((name) => name !== storeFolder && !name.startsWith(manifestFile));
    if (others.length > 0) throw notOurs(folder, 'a folder with other files');
    complain('Making the index again: its list of files is damaged.');
    return new Map();
  }
  if (saved.format !== indexFormat) throw notOurs(folder, `a ${manifestFile} of another program`);
  if (typeof saved.version === 'number' && saved.version > version) {
    throw new BitryoshkaError({
      code: 'unsupported-version',
      message: `${folder}: got an index of version ${saved.version}, expected ${version} at most.`,
      remedy: 'Update bitryoshka, or name another folder with --index.',
    });
  }
  return saved.version === version ? toFiles(saved.files) : new Map();
}

/** Makes a folder one that `readManifest` takes, which only the user may look into. */
export async function claimIndexFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  // First: a folder with anything else and without a list is not ours.
  const present = await stat(join(folder, manifestFile)).catch(() => undefined);
  if (!present) await writeManifest(folder, new Map());
  await mkdir(join(folder, storeFolder), { recursive: true, mode: 0o700 });
}

/** @param about what it is the index of */
export async function writeManifest(
  folder: string,
  files: IndexedFiles,
  about: IndexSubject = {},
): Promise<void> {
  const entries = [...files].map(([path, { fingerprint, places, skipped, metadata }]) => {
    const placed = places.map(({ id, line, endLine }) => [id, line, endLine]);
    return JSON.stringify([path, fingerprint, placed, skipped ?? null, metadata ?? null]);
  });
  const head = `${manifestHead},"version":${version},"about":${JSON.stringify(about)},"files":[\n`;
  const file = join(folder, manifestFile);
  await replaceFile(file, `${head}${entries.join(',\n')}\n]}\n`);
}

/** What is in an index is private, as the files may be that it was made of. */
export async function makePrivate(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  await chmod(join(folder, manifestFile), 0o600).catch(unlessMissing);
  const store = join(folder, storeFolder);
  // What else lies there is not ours.
  await chmod(store, 0o700).catch(unlessMissing);
  for (const entry of await readdir(store, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = entry.isDirectory() ? 0o700 : entry.isFile() ? 0o600 : undefined;
    if (mode !== undefined) await chmod(path, mode).catch(unlessMissing);
  }
}

/** Another call that saves at the same time removes what it has replaced. */
function unlessMissing(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'ENOENT') throw cause;
}

export interface SavedManifest {
  readonly format?: unknown;
  readonly version?: unknown;
  readonly about?: unknown;
  readonly files?: unknown;
}

/** Undefined for what is no object. */
export async function parseManifest(file: string): Promise<SavedManifest | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What is not as it was written is read again. */
export function toFiles(saved: unknown): IndexedFiles {
  const files = new Map<string, IndexedFile>();
  for (const entry of Array.isArray(saved) ? (saved as unknown[]) : []) {
    if (!Array.isArray(entry)) continue;
    const [path, fingerprint, placed, skipped, metadata] = entry as unknown[];
    if (typeof path !== 'string' || typeof fingerprint !== 'string' || !Array.isArray(placed)) {
      continue;
    }
    const places = (placed as unknown[]).flatMap((place) => toPlace(place) ?? []);
    if (places.length !== placed.length) continue;
    files.set(path, {
      fingerprint,
      places,
      ...(typeof skipped === 'string' && { skipped }),
      ...(typeof metadata === 'object' &&
        metadata !== null && { metadata: metadata as Record<string, unknown> }),
    });
  }
  return files;
}

function toPlace(place: unknown): PassagePlace | undefined {
  if (!Array.isArray(place)) return undefined;
  const [id, line, endLine] = place as unknown[];
  if (typeof id !== 'string' || typeof line !== 'number' || typeof endLine !== 'number') {
    return undefined;
  }
  return { id, line, endLine };
}

function notOurs(folder: string, got: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${folder}: got ${got}, expected an index that search has made, an empty folder or none.`,
    remedy: 'Name another folder with --index.',
  });
}
