const marker = Symbol.for('bitryoshka.error');

/** The reasons for which bitryoshka refuses to go on; `error.code` holds one of them. */
export type ErrorCode =
  | 'dimension-mismatch'
  | 'not-finite'
  | 'empty-input'
  | 'invalid-option'
  | 'duplicate-id'
  | 'not-enough-vectors'
  | 'invalid-file'
  | 'truncated-file'
  | 'checksum-mismatch'
  | 'unsupported-version'
  | 'file-not-found'
  | 'write-failed'
  | 'write-conflict'
  | 'model-not-found'
  | 'model-failed'
  | 'model-mismatch'
  | 'thread-failed'
  | 'database-failed'
  | 'not-supported';

/** What an error says: what was got, what was expected, and what to do about it. */
export interface ErrorParts {
  readonly code: ErrorCode;
  /** What went wrong, with the value that was got and the value that was expected. */
  readonly message: string;
  /** What the caller can do about it. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** The one error class of all bitryoshka packages; tell the reasons apart by `code`. */
export class BitryoshkaError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor({ code, message, remedy, cause }: ErrorParts) {
    super(`${message} ${remedy}`, cause === undefined ? undefined : { cause });
    this.name = 'BitryoshkaError';
    this.code = code;
    this.remedy = remedy;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Like `instanceof`, but also true for errors thrown by another copy of this package. */
  static isInstance(value: unknown): value is BitryoshkaError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
