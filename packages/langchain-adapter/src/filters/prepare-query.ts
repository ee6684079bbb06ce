import { isPlainObject } from '../documents/plain-value.ts';
import type { MetadataQuery } from './document-filter.ts';
import { LinearPattern, PatternBudget } from './linear-pattern.ts';

/**
 * A copy of a query with patterns of linear time in place of all others.
 *
 * @throws Error for undefined operands: a condition on a variable that was never set, say, would be met by every
 *   document without that field; for patterns that are refused
 */
export function prepareQuery(query: MetadataQuery): MetadataQuery {
  return prepare(query, '', new PatternBudget()) as MetadataQuery;
}

function prepare(value: unknown, path: string, budget: PatternBudget): unknown {
  if (value === undefined) throw new Error(`got undefined at ${path}`);
  if (isRegExp(value)) return new LinearPattern(value.source, value.flags, budget);
  // Not by map, which skips holes.
  if (Array.isArray(value)) {
    return Array.from(value, (item, i) => prepare(item, `${path}[${i}]`, budget));
  }
  if (!isPlainObject(value)) return value;
  const prepared: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const kept = key === '$regex' ? toPattern(item, value, budget) : prepare(item, at, budget);
    define(prepared, key, kept);
  }
  return prepared;
}

function toPattern(
  pattern: unknown,
  owner: Record<string, unknown>,
  budget: PatternBudget,
): LinearPattern {
  const [source, flags] = isRegExp(pattern) ? [pattern.source, pattern.flags] : [pattern];
  const options = Object.hasOwn(owner, '$options') ? owner.$options : flags;
  return new LinearPattern(source, options, budget);
}

/** Unlike an assignment, this treats a key named __proto__ like any other. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function isRegExp(value: unknown): value is RegExp {
  return Object.prototype.toString.call(value) === '[object RegExp]';
}
