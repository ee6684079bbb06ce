import type { FileHandle } from 'node:fs/promises';
import { open, readFile } from 'node:fs/promises';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/**
 * @throws BitryoshkaError `file-not-found` when the file cannot be read
 */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw notReadable(file, cause);
  }
}

/**
 * @throws BitryoshkaError `file-not-found` when the file cannot be opened
 */
export async function openToRead(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (cause) {
    throw notReadable(file, cause);
  }
}

export interface FillOptions {
  readonly position: number;
  readonly signal?: AbortSignal | undefined;
  /** What is thrown where the file ends too early. */
  readonly endedAt: (position: number) => BitryoshkaError;
}

/** Fills all of `bytes` from a position on: one read may give fewer than were asked for. */
export async function fillFrom(
  handle: FileHandle,
  bytes: Uint8Array,
  { position, signal, endedAt }: FillOptions,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw endedAt(position + done);
    done += bytesRead;
  }
}

/**
 * @throws BitryoshkaError `file-not-found`, or `invalid-file` when it is not UTF-8
 */
export async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${file}: got bytes that are not UTF-8.`,
      remedy: 'Convert the file to UTF-8.',
      cause,
    });
  }
}

function notReadable(file: string, cause: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'file-not-found',
    message: `${file}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    remedy: 'Check the path and the permissions.',
    cause,
  });
}
