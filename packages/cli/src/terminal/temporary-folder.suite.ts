import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';

/** A folder that each test has for itself, in which the indexes of its commands are kept as well. */
export interface TemporaryFolder {
  path: string;
  /** What processes are given, so that they keep their indexes there. */
  env: Record<string, string>;
  /** Writes a text to a file in it, whose folders are made. */
  write(name: string, text: string): Promise<string>;
}

export function temporaryFolder(): TemporaryFolder {
  const folder: TemporaryFolder = {
    path: '',
    env: {},
    write: async (name, text) => {
      const path = join(folder.path, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      return path;
    },
  };
  beforeEach(async () => {
    folder.path = await mkdtemp(join(tmpdir(), 'bitryoshka-'));
    const cache = join(folder.path, 'cache');
    // By system, as indexes are found; a home of its own where there is no variable.
    folder.env = { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache, HOME: cache };
    for (const [name, value] of Object.entries(folder.env)) vi.stubEnv(name, value);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder.path, { recursive: true });
  });
  return folder;
}
