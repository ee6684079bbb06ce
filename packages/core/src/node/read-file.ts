import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import type { ErrorCode } from '../errors/bitryoshka-error.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';

/** Pipes without a writer would be waited for; Windows has no such flag. */
const readWithoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** Above any quantizer, and far below what would exhaust the memory. */
const mostBytes = 2 ** 30;
/** The longest string of the engine, nearly. */
const mostTextBytes = 2 ** 29 - 2 ** 10;
const pieceBytes = 4 * 1024 * 1024;
/** So that an abort is noticed in between; no call of the system takes 2 GiB. */
const mostReadBytes = 16 * 1024 * 1024;

/**
 * @param most bytes; larger files are refused unread
 * @throws BitryoshkaError `file-not-found` when the file cannot be read, `invalid-file` for what is no file or too large
 */
export async function readBytes(file: string, most: number = mostBytes): Promise<Uint8Array> {
  const handle = await openToRead(file);
  try {
    const size = await sizeUpTo(most, handle, file);
    const bytes = new Uint8Array(size);
    await fillFrom(handle, bytes, { position: 0, endedAt: (at) => shortened(file, at, size) });
    return bytes;
  } catch (cause) {
    throw BitryoshkaError.isInstance(cause) ? cause : notReadable(file, cause);
  } finally {
    await handle.close();
  }
}

/**
 * Opens a file, and nothing that is waited for or has no end: no pipe, no device, no folder.
 *
 * @throws BitryoshkaError `file-not-found` when the file cannot be opened, `invalid-file` for what is no file
 */
export async function openToRead(file: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, readWithoutWaiting);
    const found = await handle.stat();
    if (found.isFile()) return handle;
    throw invalid(
      file,
      `got ${found.isDirectory() ? 'a folder' : 'a pipe or a device'}, expected a file`,
      'Name a file.',
    );
  } catch (cause) {
    await handle?.close();
    throw BitryoshkaError.isInstance(cause) ? cause : notReadable(file, cause);
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
    const length = Math.min(bytes.length - done, mostReadBytes);
    const { bytesRead } = await handle.read(bytes, done, length, position + done);
    if (bytesRead === 0) throw endedAt(position + done);
    done += bytesRead;
  }
}

/**
 * A file of any size, piece by piece, as long as it was when it was opened.
 *
 * @throws BitryoshkaError as `openToRead`, and `truncated-file` when it is shortened meanwhile
 */
export async function* readPieces(
  file: string,
  { signal }: Pick<TaskOptions, 'signal'> = {},
): AsyncGenerator<Uint8Array> {
  const handle = await openToRead(file);
  try {
    const { size } = await handle.stat();
    for (let position = 0; position < size; position += pieceBytes) {
      const piece = new Uint8Array(Math.min(pieceBytes, size - position));
      const endedAt = (at: number) => shortened(file, at, size);
      await fillFrom(handle, piece, { position, signal, endedAt });
      yield piece;
    }
  } finally {
    await handle.close();
  }
}

/**
 * @throws BitryoshkaError `file-not-found`, or `invalid-file` when it is not UTF-8, holds bytes of 0 or is too large
 */
export async function readText(file: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parts: string[] = [];
  let bytes = 0;
  for await (const piece of readPieces(file)) {
    // So that a file of nothing but holes is refused by its beginning.
    const zero = piece.indexOf(0);
    if (zero >= 0) throw notText(file, `a byte of 0 at ${bytes + zero}`);
    bytes += piece.length;
    if (bytes > mostTextBytes) throw tooLarge(file, bytes, mostTextBytes);
    parts.push(decode(decoder, piece, file));
  }
  return parts.join('') + decode(decoder, undefined, file);
}

function decode(decoder: TextDecoder, piece: Uint8Array | undefined, file: string): string {
  try {
    return decoder.decode(piece, { stream: piece !== undefined });
  } catch (cause) {
    throw notText(file, 'bytes that are not UTF-8', cause);
  }
}

async function sizeUpTo(most: number, handle: FileHandle, file: string): Promise<number> {
  const { size } = await handle.stat();
  if (size <= most) return size;
  throw tooLarge(file, size, most);
}

function tooLarge(file: string, bytes: number, most: number): BitryoshkaError {
  return invalid(file, `got ${bytes} bytes, expected ${most} at most`, 'Name the right file.');
}

function notText(file: string, what: string, cause?: unknown): BitryoshkaError {
  return invalid(file, `got ${what}, expected text`, 'Convert the file to UTF-8.', cause);
}

function invalid(file: string, what: string, remedy: string, cause?: unknown): BitryoshkaError {
  return error('invalid-file', `${file}: ${what}.`, remedy, cause);
}

function shortened(file: string, at: number, size: number): BitryoshkaError {
  return error(
    'truncated-file',
    `${file}: it ended at byte ${at}, expected ${size} as when it was opened.`,
    'Do not change the file while it is read.',
  );
}

function notReadable(file: string, cause: unknown): BitryoshkaError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return error(
    'file-not-found',
    `${file}: ${reason}.`,
    'Check the path and the permissions.',
    cause,
  );
}

function error(code: ErrorCode, message: string, remedy: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({ code, message, remedy, cause });
}
