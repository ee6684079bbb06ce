import { expect, test } from 'vitest';
import type { TokenVectors } from './language-model.ts';
import type { Pooling } from './pooling.ts';
import { pool } from './pooling.ts';

// Two texts of three and one tokens; the padding of the second holds values that must not count.
const vectors: TokenVectors = {
  rows: 2,
  positions: 3,
  columns: 2,
  data: Float32Array.of(1, 2, 3, 4, 8, 9, 5, 6, 99, 99, 99, 99),
};

test.each<[Pooling, number[]]>([
  ['mean', [4, 5, 5, 6]],
  ['cls', [1, 2, 5, 6]],
  ['last-token', [8, 9, 5, 6]],
])('%s pooling leaves padding out', (pooling, expected) => {
  const { rows, columns, data } = pool(vectors, [3, 1], pooling);
  expect({ rows, columns }).toEqual({ rows: 2, columns: 2 });
  expect([...data]).toEqual(expected);
});
