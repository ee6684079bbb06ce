import { cacheFolder, keptIndexes } from '../library/kept-indexes.ts';
import { formatAge, formatBytes } from '../terminal/format.ts';
import { print, printJson } from '../terminal/print.ts';
import { renderTable } from '../terminal/render-table.ts';

/** `bitryoshka list`: the indexes in the cache, the newest first. */
export async function listIndexes({ json }: { readonly json: boolean }): Promise<void> {
  const kept = await keptIndexes();
  if (json) {
    printJson(kept);
    return;
  }
  if (kept.length === 0) {
    print(`No index is kept in ${cacheFolder()}.`);
    return;
  }
  print(
    renderTable(
      ['folder', 'files', 'passages', 'size', 'saved', 'model', 'bits'],
      kept.map(({ folder, files, passages, bytes, savedAt, model = '', bits = '' }) => [
        folder,
        files.toLocaleString('en'),
        passages.toLocaleString('en'),
        formatBytes(bytes),
        formatAge(Date.now() - savedAt),
        model,
        String(bits),
      ]),
    ),
  );
  print(`in ${cacheFolder()}`);
}
