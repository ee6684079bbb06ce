import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { flush } from './flush.ts';

/**
 * Refuses a file that cannot be written, before the work that makes its contents.
 *
 * @throws BitryoshkaError `write-failed`
 */
export async function checkReplaceable(file: string): Promise<void> {
  const present = await stat(file).catch(() => undefined);
  if (present?.isDirectory()) throw writeFailed(file, 'got a folder, expected a file');
  await access(dirname(file), constants.W_OK).catch((cause: unknown) => {
    throw writeFailed(file, describe(cause), cause);
  });
}

/**
 * Replaces a file as a whole or not at all: it is written beside its place, flushed and renamed.
 *
 * @param contents a list is written piece by piece
 * @throws BitryoshkaError `write-failed`, and what making the pieces throws; what was there before is still there then
 */
export async function replaceFile(
  file: string,
  contents: Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      const pieces =
        typeof contents === 'string' || contents instanceof Uint8Array ? [contents] : contents;
      // Each goes on where the one before ended.
      for await (const piece of pieces) await handle.writeFile(piece);
      await flush(handle);
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (typeof contents === 'object' && !isSystemError(cause)) throw cause;
    throw writeFailed(file, describe(cause), cause);
  }
}

/** Errors of the file system name the call that failed. */
function isSystemError(cause: unknown): boolean {
  return typeof (cause as NodeJS.ErrnoException)?.syscall === 'string';
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function writeFailed(file: string, reason: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'write-failed',
    message: `${file}: ${reason}.`,
    remedy: 'Name a file in a folder that exists and that you may write to.',
    cause,
  });
}
