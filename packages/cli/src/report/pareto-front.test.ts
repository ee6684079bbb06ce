import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import { expect, it } from 'vitest';
import { paretoFront } from './pareto-front.ts';

it('keeps the best of every size that no smaller one reaches', () => {
  const rows = [
    [32, 0.9],
    [8, 0.5],
    [16, 0.7],
    [8, 0.6],
    [16, 0.7],
    [17, 0.65],
    [24, 0.7],
  ].map(([bytesPerVector, recall10]) => ({ bytesPerVector, recall10 }) as EvaluationRow);
  const front = paretoFront(rows, 'recall10');
  expect(front.map(({ bytesPerVector, recall10 }) => [bytesPerVector, recall10])).toEqual([
    [8, 0.6],
    [16, 0.7],
    [32, 0.9],
  ]);
  expect(paretoFront([], 'recall10')).toEqual([]);
});
