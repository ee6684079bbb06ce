import type { ErrorCode } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';

/** What SQLite throws, as an error that says what to do. */
export function sqliteError(path: string, cause: unknown): BitryoshkaError {
  if (BitryoshkaError.isInstance(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (/no such module: fts5/i.test(reason)) {
    return failure(
      'not-supported',
      `hybrid: got an SQLite without FTS5 for ${path}`,
      'Use Node 22.16 or later, or another driver: better-sqlite3, or DatabaseSync of @photostructure/sqlite.',
      cause,
    );
  }
  if (/malformed|not a database|corrupt/i.test(reason)) {
    return failure(
      'invalid-file',
      `${path}: ${reason}`,
      'Check that this is the right file; if it is, it was damaged: take a copy of before.',
      cause,
    );
  }
  return failure(
    'write-failed',
    `${path}: ${reason}`,
    'Check that the folder is there, can be written to and has room.',
    cause,
  );
}

/** @param message without its last full stop */
export function failure(
  code: ErrorCode,
  message: string,
  remedy: string,
  cause?: unknown,
): BitryoshkaError {
  return new BitryoshkaError({ code, message: `${message}.`, remedy, cause });
}

export function invalidOption(name: string, got: unknown, expected: string): BitryoshkaError {
  return failure(
    'invalid-option',
    `${name}: got ${String(got)}, expected ${expected}`,
    `Correct ${name}.`,
  );
}
