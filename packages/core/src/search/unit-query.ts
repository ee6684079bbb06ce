import { toVector } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';

/** A query, checked and scaled to unit length. */
export function unitQuery(query: ArrayLike<number>, dimensions: number): Float32Array {
  const data = toVector(query, { columns: dimensions, name: 'query' });
  return normalizeRows({ rows: 1, columns: dimensions, data }).data;
}
