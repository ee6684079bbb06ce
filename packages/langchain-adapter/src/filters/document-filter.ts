import { BitryoshkaError } from '@bitryoshka/core';
import type { DocumentInterface } from '@langchain/core/documents';
import { isPlainObject } from '../documents/plain-value.ts';
import { compileQuery } from './compile-query.ts';
import { prepareQuery } from './prepare-query.ts';
import type { QueryNode } from './query-node.ts';
import { parseQuery } from './query-node.ts';
import { siftQuery } from './sift-query.ts';

/** Conditions on metadata in the style of MongoDB: `{ year: { $gte: 2020 }, 'author.name': 'Ada' }`. */
export type MetadataQuery = Readonly<Record<string, unknown>>;

/**
 * Which documents a search may return: those for which a function returns true, or whose metadata meet
 * the conditions of a query. The function must not change the document.
 */
export type DocumentFilter = ((document: DocumentInterface) => boolean) | MetadataQuery;

/** A filter that was checked. */
export interface CompiledFilter {
  readonly passes: (document: DocumentInterface) => boolean;
  /** What it asks of metadata; undefined for a function. */
  readonly query: QueryNode | undefined;
}

/**
 * @throws BitryoshkaError `invalid-option` for what is neither a function nor a query, for unknown
 *   operators, for patterns that no engine of linear time takes, and for `$where`, which would run text as code
 */
export function compileFilter(filter: DocumentFilter): CompiledFilter {
  if (typeof filter === 'function') {
    return { passes: (document) => checkBoolean(filter(document)), query: undefined };
  }
  if (!isPlainObject(filter)) {
    throw invalid(`got ${Array.isArray(filter) ? 'a list' : JSON.stringify(filter)}`);
  }
  return attempt(() => {
    const prepared = prepareQuery(filter);
    // Refuses what it does not understand.
    siftQuery(prepared);
    const query = parseQuery(prepared);
    const matches = compileQuery(query);
    const passes = ({ metadata }: DocumentInterface) => {
      // Not by a function, which would be made for every document.
      try {
        return matches(metadata);
      } catch (cause) {
        throw invalid(reasonOf(cause), cause);
      }
    };
    return { passes, query };
  });
}

/** An asynchronous function returns a promise, which would let every document pass. */
function checkBoolean(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return Boolean(result);
  throw invalid('got a function that returns an object or a promise');
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw invalid(reasonOf(cause), cause);
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function invalid(what: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `filter: ${what}, expected a function (document) => boolean or an object such as { year: { $gte: 2020 } }.`,
    remedy: 'Correct the filter; what the operators cannot say, a function can.',
    cause,
  });
}
