import { isPlainObject } from '../documents/plain-value.ts';
import type { MetadataQuery } from './document-filter.ts';
import type { ValueTest } from './value-test.ts';
import { createValueTest } from './value-test.ts';

/** A query taken apart: conditions on fields, what joins them, and what is left to `sift`. */
export type QueryNode =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly QueryNode[] }
  | { readonly kind: 'not'; readonly part: QueryNode }
  | {
      readonly kind: 'field';
      readonly path: string;
      readonly test: ValueTest;
      /** The same condition, for values that only `sift` can judge. */
      readonly query: MetadataQuery;
    }
  | { readonly kind: 'other'; readonly query: MetadataQuery };

const joins: ReadonlySet<string> = new Set(['$and', '$or', '$nor', '$not']);

/** @param query that `sift` has accepted */
export function parseQuery(query: MetadataQuery): QueryNode {
  const entries = Object.entries(query);
  // Other operators, and all beside them, ask about the metadata as a whole. With the two names sift takes
  // the query for a value.
  const isWhole = (key: string) => key.startsWith('$') && !joins.has(key);
  if (entries.some(([key]) => isWhole(key) || key === 'constructor' || key === 'toJSON')) {
    return { kind: 'other', query };
  }
  // As sift does, first what joins conditions: where that says no, a field that cannot be compared is not asked.
  const ordered = [
    ...entries.filter(([key]) => joins.has(key)),
    ...entries.filter(([key]) => !joins.has(key)),
  ];
  const parts = ordered.map(([key, operand]) => parseEntry(key, operand));
  return parts.length === 1 ? (parts[0] as QueryNode) : { kind: 'and', parts };
}

function parseEntry(key: string, operand: unknown): QueryNode {
  const query = { [key]: operand };
  if (key === '$not') {
    if (!isPlainObject(operand)) return { kind: 'other', query };
    return { kind: 'not', part: parseQuery(operand) };
  }
  if (joins.has(key)) {
    if (!Array.isArray(operand) || !operand.every(isPlainObject)) return { kind: 'other', query };
    const parts = operand.map(parseQuery);
    if (key === '$and') return { kind: 'and', parts };
    return key === '$or' ? { kind: 'or', parts } : { kind: 'not', part: { kind: 'or', parts } };
  }
  const test = createValueTest(operand);
  return test ? { kind: 'field', path: key, test, query } : { kind: 'other', query };
}
