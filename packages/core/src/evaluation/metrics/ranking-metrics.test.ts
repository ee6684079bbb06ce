import { describe, expect, it } from 'vitest';
import { averagePrecision } from './average-precision.ts';
import { ndcg } from './ndcg.ts';
import { precision } from './precision.ts';
import type { RankingMetric } from './ranking-metrics.ts';
import { rankingMetrics } from './ranking-metrics.ts';
import { recall } from './recall.ts';
import { reciprocalRank } from './reciprocal-rank.ts';

const k = 5;

/**
 * A small run with what trec_eval has rules for: equal scores, unjudged documents, queries for which
 * nothing is relevant or nothing is found, more relevant documents than `k`, rankings shorter than `k`.
 * The expected values are trec_eval's (pytrec_eval-terrier 0.5.11): ndcg_cut_5, recip_rank of the run
 * cut at 5, map_cut_5, P_5, recall_5.
 */
const queries = [
  {
    name: 'graded, with ties',
    relevance: { a: 3, b: 2, c: 1, d: 0, e: 2, f: 3 },
    scores: { c: 0.9, x: 0.9, f: 0.9, d: 0.5, b: 0.5, a: 0.4, y: 0.3, e: 0.2 },
    expected: [0.44342487196123836, 0.5, 0.35333333333333333, 0.6, 0.6],
  },
  {
    name: 'nothing relevant',
    relevance: { a: 0, b: 0 },
    scores: { a: 0.9, b: 0.8, x: 0.7 },
    expected: [0, 0, 0, 0, 0],
  },
  {
    name: 'more relevant than k',
    relevance: { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1 },
    scores: { a: 0.9, x: 0.8, b: 0.7, c: 0.6, d: 0.5, e: 0.4, f: 0.3 },
    expected: [0.7860137352654724, 1, 0.40208333333333335, 0.8, 0.5],
  },
  {
    name: 'nothing found before k',
    relevance: { a: 2, b: 1 },
    scores: { x: 0.9, y: 0.8, z: 0.7, v: 0.6, w: 0.5, a: 0.4 },
    expected: [0, 0, 0, 0, 0],
  },
  {
    name: 'shorter than k',
    relevance: { a: 1, b: 2, z: 1 },
    scores: { y: 0.5, b: 0.5, z: 0.25 },
    expected: [0.5627272554209044, 0.5, 0.38888888888888884, 0.4, 0.6666666666666666],
  },
];

const names: RankingMetric[] = [
  'ndcg',
  'reciprocalRank',
  'averagePrecision',
  'precision',
  'recall',
];
const rankings = queries.map(({ scores }) => trecOrder(scores));
const judgements = queries.map(({ relevance }) => new Map(Object.entries(relevance)));

describe('rankingMetrics', () => {
  const measured = rankingMetrics(rankings, judgements, k);

  it.each(queries.map(({ name, expected }, i) => ({ name, expected, i })))(
    'gives the values of trec_eval: $name',
    ({ expected, i }) => {
      for (const [j, name] of names.entries()) {
        expect(measured[name][i], name).toBeCloseTo(expected[j], 14);
      }
    },
  );

  it('refuses judgements of other queries and impossible k', () => {
    expect(() => rankingMetrics(rankings, judgements.slice(1), k)).toThrow(
      expect.objectContaining({ code: 'dimension-mismatch' }),
    );
    expect(() => rankingMetrics([], [], 0)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });
});

describe.each([
  { ndcg },
  { reciprocalRank },
  { averagePrecision },
  { precision },
  { recall },
] as Record<string, typeof ndcg>[])('%o', (named) => {
  const [metric] = Object.values(named);

  it.each([0, -1, 1.5, Number.NaN])('refuses k = %d', (wrong) => {
    expect(() => metric(['a'], new Map([['a', 1]]), wrong)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });

  it('is 0 without judgements and without a ranking', () => {
    expect(metric(['a'], new Map(), 3)).toBe(0);
    expect(metric([], new Map([['a', 1]]), 3)).toBe(0);
  });
});

/** Best score first, equal scores in descending order of the ids. */
function trecOrder(scores: Readonly<Record<string, number>>): string[] {
  return Object.entries(scores)
    .sort(([a, x], [b, y]) => y - x || (a < b ? 1 : -1))
    .map(([id]) => id);
}
