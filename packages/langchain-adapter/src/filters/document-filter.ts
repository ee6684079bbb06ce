import { BitryoshkaError } from '@bitryoshka/core';
import type { DocumentInterface } from '@langchain/core/documents';
import sift from 'sift';
import { isPlainObject } from '../documents/plain-value.ts';

/** Conditions on metadata in the style of MongoDB: `{ year: { $gte: 2020 }, 'author.name': 'Ada' }`. */
export type MetadataQuery = Readonly<Record<string, unknown>>;

/**
 * Which documents a search may return: those for which a function returns true, or whose metadata meet
 * the conditions of a query. The function must not change the document.
 */
export type DocumentFilter = ((document: DocumentInterface) => boolean) | MetadataQuery;

// The package is CommonJS and its typings describe an ES module; in Node and in bundlers alike the
// default import is the function.
const createTester = sift as unknown as typeof sift.default;

/**
 * @throws BitryoshkaError `invalid-option` for what is neither a function nor a query, for unknown
 *   operators, and for `$where`, which would run text as code
 */
export function compileFilter(filter: DocumentFilter): (document: DocumentInterface) => boolean {
  if (typeof filter === 'function') return (document) => checkBoolean(filter(document));
  if (!isPlainObject(filter)) {
    throw invalid(`got ${Array.isArray(filter) ? 'a list' : JSON.stringify(filter)}`);
  }
  checkOperands(filter);
  const tester = attempt(() => createTester(filter, { operations: { $where: refuseWhere } }));
  return ({ metadata }) => attempt(() => tester(metadata));
}

/**
 * A condition whose value is undefined, of a variable that was never set, say, would be met by every document
 * without that field.
 */
function checkOperands(query: unknown, path = ''): void {
  if (query === undefined) throw invalid(`got undefined at ${path}`);
  if (Array.isArray(query)) {
    // Not by forEach, which skips holes.
    for (let i = 0; i < query.length; i++) checkOperands(query[i], `${path}[${i}]`);
  } else if (isPlainObject(query)) {
    for (const [key, value] of Object.entries(query)) {
      checkOperands(value, path === '' ? key : `${path}.${key}`);
    }
  }
}

/** An asynchronous function returns a promise, which would let every document pass. */
function checkBoolean(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return Boolean(result);
  throw invalid('got a function that returns an object or a promise');
}

function refuseWhere(): never {
  throw new Error('Unsupported operation: $where');
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function invalid(what: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `filter: ${what}, expected a function (document) => boolean or an object such as { year: { $gte: 2020 } }.`,
    remedy: 'Correct the filter; what the operators cannot say, a function can.',
    cause,
  });
}
