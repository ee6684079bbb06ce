import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/**
 * Replaces a file as a whole or not at all: it is written beside its place, flushed and renamed.
 *
 * @throws BitryoshkaError `write-failed`
 */
export async function writeFileWhole(file: string, contents: Uint8Array | string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(contents);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new BitryoshkaError({
      code: 'write-failed',
      message: `${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy:
        'Check the folder, its permissions and the free space; what was there before still is.',
      cause,
    });
  }
}
