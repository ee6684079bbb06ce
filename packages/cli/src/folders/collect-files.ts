import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import { globby } from 'globby';
import type { TextKind } from './text-kind.ts';
import { textKind } from './text-kind.ts';

/** A file that may hold text. */
export interface FoundFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly kind: TextKind;
  readonly bytes: number;
  /** Changes when the file does. */
  readonly fingerprint: string;
}

export interface CollectOptions {
  /** Glob patterns, relative to the folder. Default: everything. */
  readonly patterns?: readonly string[];
  /** Heed `.gitignore` files, and leave out `node_modules`. Default: true. */
  readonly ignore?: boolean;
  /** A folder that is left out. */
  readonly exclude?: string;
}

export interface CollectedFiles {
  /** In the order of their paths. */
  readonly files: readonly FoundFile[];
  /** Why the others were left out, and how many. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Larger files are data rather than documents. */
const maximumBytes = 4 * 1024 * 1024;

/**
 * Finds the files of a folder whose names promise text.
 *
 * @throws BitryoshkaError `file-not-found` when the folder is none
 */
export async function collectFiles(
  folder: string,
  { patterns = ['**'], ignore = true, exclude }: CollectOptions = {},
): Promise<CollectedFiles> {
  await checkFolder(folder);
  const paths = await globby([...patterns], {
    cwd: folder,
    gitignore: ignore,
    ignore: ['**/.git/**', ...(ignore ? ['**/node_modules/**'] : [])],
    followSymbolicLinks: false,
    suppressErrors: true,
    dot: !ignore,
  });
  const files: FoundFile[] = [];
  const skipped = new Map<string, number>();
  for (const path of paths.sort()) {
    if (exclude && resolve(folder, path).startsWith(resolve(exclude) + sep)) continue;
    const found = await inspect(folder, path);
    if (typeof found === 'string') skipped.set(found, (skipped.get(found) ?? 0) + 1);
    else files.push(found);
  }
  return { files, skipped };
}

/** The file, or the reason why it is left out. */
async function inspect(folder: string, path: string): Promise<FoundFile | string> {
  const kind = textKind(path);
  if (kind === undefined) return 'not text';
  try {
    const { size, mtimeMs } = await stat(resolve(folder, path));
    if (size > maximumBytes) return 'larger than 4 MiB';
    return { path, kind, bytes: size, fingerprint: `${size}-${Math.round(mtimeMs)}` };
  } catch {
    return 'unreadable';
  }
}

async function checkFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats?.isDirectory()) return;
  throw new BitryoshkaError({
    code: 'file-not-found',
    message: `${folder}: got ${stats ? 'a file' : 'nothing'}, expected a folder.`,
    remedy: 'Check the path.',
  });
}
