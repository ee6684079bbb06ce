import sift from 'sift';
import type { MetadataQuery } from './document-filter.ts';

// The package is CommonJS and its typings describe an ES module; in Node and in bundlers alike the
// default import is the function.
const createTester = sift as unknown as typeof sift.default;

/**
 * Conditions as `sift` interprets them.
 *
 * @throws Error for what it does not understand, and for `$where`, which would run text as code
 */
export function siftQuery(query: MetadataQuery): (metadata: unknown) => boolean {
  return createTester(query, { operations: { $where: refuseWhere } });
}

function refuseWhere(): never {
  throw new Error('Unsupported operation: $where');
}
