import { BitryoshkaError } from '@bitryoshka/core';

/** Class 22: what is wrong with a value. 42601: among others, with the text of a query for words. */
const quotesValues = /^(22|42601)/;
const longestMessage = 300;

/**
 * What pg, its sockets and PGlite throw, as an error that says what to do. Without the values of parameters, which
 * the server repeats in quotation marks.
 *
 * @param doing what failed: the start of the message
 */
export function databaseError(cause: unknown, doing: string): BitryoshkaError {
  if (BitryoshkaError.isInstance(cause)) return cause;
  const state = sqlStateOf(cause);
  const reason = state === undefined ? reasonOf(cause) : `SQLSTATE ${state}, ${said(cause, state)}`;
  return new BitryoshkaError({
    code: 'database-failed',
    message: `${doing}: got an error of the database: ${reason.replace(/\.$/, '')}.`,
    remedy: remedyFor(state),
    cause,
  });
}

/** Passes errors on with the server of several that they came from. */
export function namingPart(place: number): (cause: unknown) => never {
  return (cause) => {
    if (!BitryoshkaError.isInstance(cause)) throw cause;
    const { code, message, remedy } = cause;
    throw new BitryoshkaError({
      code,
      message: `partitions[${place}]: ${message.slice(0, -` ${remedy}`.length)}`,
      remedy,
      cause,
    });
  };
}

/** The SQLSTATE of a table that is not there. */
export const undefinedTable = '42P01';

/** The SQLSTATE that a server gave, perhaps to what this error was caused by: `'23505'` for ids that are there already. */
export function sqlStateOf(error: unknown): string | undefined {
  if (BitryoshkaError.isInstance(error)) return sqlStateOf(error.cause);
  // What sockets say has as many letters, perhaps: EPIPE.
  const { code, syscall } = partsOf(error);
  const isState = typeof code === 'string' && /^[\dA-Z]{5}$/.test(code) && syscall === undefined;
  return isState ? code : undefined;
}

/** Whether the server has closed the connection, or is about to. */
export function closesConnection(state: string): boolean {
  return /^(08|57P)/.test(state);
}

interface ErrorParts {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  readonly errors?: unknown;
}

function partsOf(error: unknown): ErrorParts {
  return typeof error === 'object' && error !== null ? error : {};
}

function said(cause: unknown, state: string): string {
  const message = String(partsOf(cause).message);
  // From the first mark to the last: values have such marks, too.
  const safe = quotesValues.test(state) ? message.replace(/".*"/s, '"…"') : message;
  return safe.length > longestMessage ? `${safe.slice(0, longestMessage)}…` : safe;
}

/** One host can have several addresses, each with its error; of these, Node says nothing itself. */
function reasonOf(cause: unknown): string {
  const { message, errors } = partsOf(cause);
  if (Array.isArray(errors) && errors.length > 0) {
    return [...new Set(errors.map((error) => String(partsOf(error).message)))].join(', ');
  }
  return typeof message === 'string' && message !== '' ? message : String(cause);
}

const remedies: readonly (readonly [states: RegExp, remedy: string])[] = [
  [/^28/, 'Check the user, the password and what the server lets in.'],
  [/^3D/, 'Create the database, or correct its name.'],
  [/^42501/, 'Grant the user what it lacks, or connect as another.'],
  [/^(53300|57P03)/, 'Try again later, or let the server have more connections.'],
  [/^53/, 'Give the server more of what it lacks, and try again.'],
  [/^(57014|55P03)/, 'Allow more time, or try again when the server has less to do.'],
  [/^40/, 'Try again: others changed the same rows.'],
  [/^(08|57P)/, 'Check that the server runs and can be reached, and try again.'],
  [/^25006/, 'Connect to a server that can be written to.'],
];

function remedyFor(state: string | undefined): string {
  if (state === undefined) return 'Check that the server runs and can be reached, and try again.';
  const known = remedies.find(([states]) => states.test(state));
  return known?.[1] ?? 'See the cause of this error for what the server said.';
}
