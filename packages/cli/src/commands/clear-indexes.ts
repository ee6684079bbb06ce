import { resolve } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import type { KeptIndex } from '../library/kept-indexes.ts';
import { keptIndexes, readIndex, removeIndex } from '../library/kept-indexes.ts';
import { countOf, formatBytes } from '../terminal/format.ts';
import { print } from '../terminal/print.ts';

/**
 * `bitryoshka clear`: removes the indexes of a folder, or all in the cache, or one that is kept elsewhere; nothing that
 * no command has written.
 *
 * @throws BitryoshkaError `file-not-found` for a folder without an index
 */
export async function clearIndexes(
  folder: string | undefined,
  { index }: { readonly index?: string },
): Promise<void> {
  const found = index === undefined ? await keptIndexes() : [await indexIn(index)];
  const wanted = found.filter((kept) => folder === undefined || kept.folder === resolve(folder));
  if (folder !== undefined && wanted.length === 0) {
    throw notFound(folder, 'no index of it', 'See bitryoshka list for those that are kept.');
  }
  for (const kept of wanted) {
    await removeIndex(kept);
    print(`${kept.folder}: ${formatBytes(kept.bytes)} removed`);
  }
  if (wanted.length !== 1) print(`${countOf(wanted.length, 'index').replace('xs', 'xes')} removed`);
}

async function indexIn(index: string): Promise<KeptIndex> {
  const kept = await readIndex(resolve(index));
  if (kept) return kept;
  throw notFound(index, 'no index of a folder', 'Name the folder that --index was given.');
}

function notFound(path: string, got: string, remedy: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'file-not-found',
    message: `${path}: got ${got}, expected one.`,
    remedy,
  });
}
