import sift from 'sift';
import type { MetadataQuery } from './document-filter.ts';

// The package is CommonJS and its typings describe an ES module; in Node and in bundlers alike the
// default import is the function.
const createTester = sift as unknown as typeof sift.default;

type Operation = NonNullable<NonNullable<Parameters<typeof createTester>[1]>['operations']>[string];

/**
 * Conditions as `sift` interprets them.
 *
 * @param query that was prepared
 * @throws Error for what it does not understand, and for `$where`, which would run text as code
 */
export function siftQuery(query: MetadataQuery): (metadata: unknown) => boolean {
  return createTester(query, { operations: { $where: refuseWhere, $regex: matchPattern } });
}

function refuseWhere(): never {
  throw new Error('Unsupported operation: $where');
}

/** Patterns are compared as any operand: by their own test. */
const matchPattern: Operation = (pattern: unknown, owner: unknown, options, name) =>
  (options.operations.$eq as Operation)(pattern, owner, options, name);
