import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Sum of the sizes of a folder's files; links are not followed, hard links count as files. */
export function folderBytes(path) {
  if (!existsSync(path)) return 0;
  const stats = lstatSync(path);
  if (stats.isFile()) return stats.size;
  if (!stats.isDirectory()) return 0;
  return readdirSync(path).reduce((sum, name) => sum + folderBytes(join(path, name)), 0);
}
