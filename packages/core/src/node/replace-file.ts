import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { flush, flushDirectory } from './flush.ts';

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

/** What is being written is written to all the time: after so long, whoever did it is gone. */
const abandonedMilliseconds = 10 * 60 * 1000;

/**
 * Replaces a file as a whole or not at all: it is written beside its place, flushed and renamed.
 * What was left behind there by a process that was killed goes first.
 *
 * @param contents a list is written piece by piece
 * @throws BitryoshkaError `write-failed`, and what making the pieces throws; what was there before is still there then
 */
export async function replaceFile(
  file: string,
  contents: Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  await removeAbandoned(file);
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
    await flushDirectory(dirname(file));
  } catch (cause) {
    await rm(temporary, { force: true });
    if (typeof contents === 'object' && !isSystemError(cause)) throw cause;
    throw writeFailed(file, describe(cause), cause);
  }
}

async function removeAbandoned(file: string): Promise<void> {
  const folder = dirname(file);
  const before = `${basename(file)}.`;
  // Where it cannot be looked up or removed, it stays; what is to be written fails by itself.
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(before) || !/^[0-9a-f]{8}\.tmp$/.test(name.slice(before.length))) continue;
    const path = join(folder, name);
    const { mtimeMs = Infinity } = (await stat(path).catch(() => undefined)) ?? {};
    if (Date.now() - mtimeMs < abandonedMilliseconds) continue;
    await rm(path, { force: true }).catch(() => undefined);
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
