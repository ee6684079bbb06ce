import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BitryoshkaError } from '@bitryoshka/core';

/**
 * A library that not everybody needs: beside the command line, or in the current folder.
 *
 * @throws BitryoshkaError `not-supported` where it is in neither
 */
export async function importOptional(name: string): Promise<unknown> {
  for (const find of [() => name, () => inCurrentFolder(name)]) {
    try {
      return (await import(find())) as unknown;
    } catch (error) {
      // One that is there and cannot be loaded is not missing.
      if (!isNotFound(error, name)) throw error;
    }
  }
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `${name}: got no such package, expected it to be installed.`,
    remedy: `Run npm install ${name} in the current folder, or beside bitryoshka.`,
  });
}

function inCurrentFolder(name: string): string {
  const requireHere = createRequire(join(process.cwd(), 'package.json'));
  return pathToFileURL(requireHere.resolve(name)).href;
}

function isNotFound(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return isMissing && message.includes(`'${name}'`);
}
