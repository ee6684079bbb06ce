import { readdir } from 'node:fs/promises';
import { BitryoshkaError } from '@bitryoshka/core';
import { isSqliteFile } from './is-sqlite-file.ts';

/** What can be moved from where it was saved. */
export type StoreKind = 'HNSWLib' | 'FaissStore' | 'SQLite';

/**
 * What a path holds, by its files or its first bytes.
 *
 * @throws BitryoshkaError `file-not-found`, or `invalid-file` for anything else
 */
export async function storeKindOf(path: string): Promise<StoreKind> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => error.code);
  if (Array.isArray(names)) {
    if (names.includes('hnswlib.index')) return 'HNSWLib';
    if (names.includes('faiss.index') || names.includes('index.faiss')) return 'FaissStore';
    throw unknown(path, 'a folder without hnswlib.index or faiss.index');
  }
  if (names !== 'ENOTDIR') {
    throw unreadable(path, names);
  }
  if (await isSqliteFile(path)) return 'SQLite';
  throw unknown(path, 'a file that is no SQLite database');
}

/** What cannot be looked at, with what the system says of it. */
export function unreadable(path: string, reason: string | undefined): BitryoshkaError {
  return new BitryoshkaError({
    code: 'file-not-found',
    message: `${path}: got nothing that can be read (${reason}), expected a folder or a file.`,
    remedy: 'Check the path and the permissions.',
  });
}

function unknown(path: string, got: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${path}: got ${got}.`,
    remedy:
      'Name a folder that HNSWLib or FaissStore of LangChain saved, or a SQLite file; others can be moved by a program with @bitryoshka/langchain/migrate.',
  });
}
