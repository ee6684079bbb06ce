import { BitryoshkaError } from '@bitryoshka/core';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ErrorResponse } from './api-types.ts';

/** A request that is refused before anything is asked of the folders. */
export class ApiError extends Error {
  readonly status: ContentfulStatusCode;
  readonly parts: ErrorResponse['error'];

  constructor(status: ContentfulStatusCode, parts: ErrorResponse['error']) {
    super(`${parts.message} ${parts.remedy}`);
    this.name = 'ApiError';
    this.status = status;
    this.parts = parts;
  }
}

/** What a request is told of an error, and with which status. */
export function describeError(error: unknown): {
  readonly status: ContentfulStatusCode;
  readonly body: ErrorResponse;
} {
  if (error instanceof ApiError) return { status: error.status, body: { error: error.parts } };
  if (BitryoshkaError.isInstance(error)) {
    const { code, remedy } = error;
    // The message of an error ends with its remedy.
    const message = error.message.replace(` ${remedy}`, '');
    const status = code === 'invalid-option' ? 400 : 500;
    return { status, body: { error: { code, message, remedy } } };
  }
  // A defect, of which the terminal tells more than a stranger may know.
  const internal = {
    code: 'internal',
    message: 'The server failed.',
    remedy: 'Look at its terminal.',
  };
  return { status: 500, body: { error: internal } };
}
