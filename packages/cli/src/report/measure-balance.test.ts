import { fitQuantizer, toMatrix } from '@bitryoshka/core';
import { expect, it } from 'vitest';
import { measureBalance } from './measure-balance.ts';

it('counts ones and gives their entropy, on both sides', async () => {
  const documents = toMatrix([
    [1, 1, 1],
    [-1, 1, 1],
    [1, -1, 1],
    [-1, 1, 1],
  ]);
  const queries = toMatrix([[1, -1, -1]]);
  const quantizer = await fitQuantizer(documents, { kind: 'sign', bits: 3 });
  const balance = measureBalance(
    { name: '', documents, documentIds: [], queries, queryIds: [], relevance: new Map() },
    { name: 'sign', quantizer },
  );
  expect(balance.ones).toEqual({ document: [0.5, 0.75, 1], query: [1, 0, 0] });
  // 1 for a half, 0.811 for three quarters, 0 for all.
  expect(balance.entropy.document).toBeCloseTo((1 + 0.811278 + 0) / 3, 5);
  expect(balance.entropy.query).toBe(0);
});
