import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, vi } from 'vitest';

/** Where a library of SQLite is installed, for versions of Node without one. */
const libraries = fileURLToPath(new URL('../../../langchain-adapter', import.meta.url));

export const hasSqlite =
  process.getBuiltinModule('node:sqlite' as string) !== undefined ||
  (() => {
    try {
      createRequire(join(libraries, 'package.json'))('@photostructure/sqlite');
      return true;
    } catch {
      return false;
    }
  })();

/** For tests: commands find the library as if it were in the current folder. */
export function inFolderWithSqlite(): void {
  beforeEach(() => {
    vi.spyOn(process, 'cwd').mockReturnValue(libraries);
  });
}
