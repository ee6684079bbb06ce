import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** What the folder of an index holds: the list of the files that it is of, and the store of their passages. */
export const manifestFile = 'search.json';
export const storeFolder = 'store';
export const indexFormat = 'bitryoshka-search';
/** How a list of files begins, so that it is known without being read. */
export const manifestHead: string = `{"format":"${indexFormat}"`;

/**
 * Whether a search keeps its index in a folder: its passages are no text to be read.
 *
 * @param names what lies in the folder
 */
export async function isIndexFolder(folder: string, names: readonly string[]): Promise<boolean> {
  if (!names.includes(manifestFile) || !names.includes(storeFolder)) return false;
  try {
    const file = await open(join(folder, manifestFile));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(manifestHead.length));
      return buffer.toString('latin1', 0, bytesRead) === manifestHead;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
