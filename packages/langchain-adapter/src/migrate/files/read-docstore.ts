import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import { JsonScanner } from './json-scanner.ts';

/** A document as `docstore.json` has it, before anything was checked. */
interface StoredDocument {
  readonly pageContent?: unknown;
  readonly metadata?: unknown;
  readonly id?: unknown;
}

/** The documents of a folder that LangChain saved, by the keys that its index knows. */
export interface Docstore {
  readonly documents: ReadonlyMap<string, StoredDocument>;
  /** The key by the number of a row, where the index has numbers alone. */
  readonly keyByRow: ReadonlyMap<string, string>;
}

/** How many documents are read before others may have their turn. */
const itemsPerTurn = 32;

/**
 * Reads the `docstore.json` of `HNSWLib` (a list of entries), or of `FaissStore` (such a list, and the key of each row
 * of the index).
 *
 * @throws BitryoshkaError `file-not-found` or `invalid-file`
 */
export async function readDocstore(
  path: string,
  kind: 'entries' | 'entries-and-rows',
  { signal, onProgress }: TaskOptions,
): Promise<Docstore> {
  const { readBytes } = await import('@bitryoshka/core/node');
  const bytes = await readBytes(path);
  const scanner = new JsonScanner(bytes, path);
  const documents = new Map<string, StoredDocument>();
  const keyByRow = new Map<string, string>();
  const read = async (items: Iterable<unknown>, take: (item: unknown) => boolean) => {
    let done = 0;
    for (const item of items) {
      if (done % itemsPerTurn === 0) {
        const progress = { stage: 'read documents', done, total: Math.max(done, documents.size) };
        await checkpoint({ signal, onProgress }, progress);
      }
      if (!take(item)) throw damaged(path, done);
      done++;
    }
  };
  const takeEntry = (item: unknown): boolean => {
    if (!Array.isArray(item)) return false;
    const [key, document] = item as unknown[];
    if (typeof key !== 'string' || typeof document !== 'object' || document === null) return false;
    documents.set(key, document);
    return true;
  };
  const takeRow = (item: unknown): boolean => {
    for (const [row, key] of Object.entries(item as object)) {
      if (typeof key !== 'string') return false;
      keyByRow.set(row, key);
    }
    return true;
  };
  if (kind === 'entries') {
    await read(scanner.items('list'), takeEntry);
  } else {
    scanner.expect('[');
    await read(scanner.items('list'), takeEntry);
    scanner.expect(',');
    await read(scanner.items('object'), takeRow);
    scanner.expect(']');
  }
  return { documents, keyByRow };
}

function damaged(path: string, item: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${path}: got something else as item ${item}, expected a key and a document.`,
    remedy: 'Pass a folder that the store itself has saved.',
  });
}
