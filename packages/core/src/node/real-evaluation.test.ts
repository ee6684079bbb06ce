import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluateBaselines } from '../evaluation/baselines/evaluate-baselines.ts';
import { rankingMetrics } from '../evaluation/metrics/ranking-metrics.ts';
import { evaluateSimilarity } from '../evaluation/similarity/evaluate-similarity.ts';
import { samplePairs } from '../evaluation/similarity/sample-pairs.ts';
import { bootstrapInterval } from '../evaluation/statistics/bootstrap-interval.ts';
import { mean } from '../evaluation/statistics/mean.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import { ExactIndex } from '../search/exact-index.ts';
import { row } from '../vectors/matrix.ts';
import { readBeirFolder } from './read-beir-folder.ts';

const data = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));

/** Means over queries that trec_eval gives for the float rankings, cut at 10. */
const sets = [
  {
    name: 'cranfield',
    trec: {
      ndcg: 0.399585,
      reciprocalRank: 0.536002,
      averagePrecision: 0.259487,
      precision: 0.247556,
      recall: 0.417848,
    },
  },
  {
    name: 'scifact',
    trec: {
      ndcg: 0.646789,
      reciprocalRank: 0.605331,
      averagePrecision: 0.596613,
      precision: 0.089,
      recall: 0.788333,
    },
  },
];

describe.skipIf(!existsSync(data))('evaluation of real vectors (skipped without ../shared)', () => {
  it.each(sets)('$name has the metrics of trec_eval', async ({ name, trec }) => {
    const task = await readBeirFolder(`${data}${name}`, { vectors: 'minilm' });
    const index = new ExactIndex(task.documents.columns);
    index.add(task.documents);
    const rankings = task.queryIds.map((_, i) =>
      index.search(row(task.queries, i), { k: 10 }).map((found) => task.documentIds[found.row]),
    );
    const relevance = task.queryIds.map((id) => task.relevance.get(id) ?? new Map());
    const metrics = rankingMetrics(rankings, relevance, 10);
    for (const metric of Object.keys(trec) as (keyof typeof trec)[]) {
      expect(mean(metrics[metric]), metric).toBeCloseTo(trec[metric], 5);
    }
    const interval = bootstrapInterval(metrics.ndcg);
    expect(interval.low).toBeLessThan(interval.mean - 0.02);
    expect(interval.high).toBeGreaterThan(interval.mean + 0.02);
  });

  it('cranfield keeps in the baselines what it kept', async () => {
    const task = await readBeirFolder(`${data}cranfield`, { vectors: 'minilm' });
    const rows = await evaluateBaselines(task, { bytes: [16] });
    const kept = rows.map((r) => [r.quantizer, r.bytesPerVector, r.ndcg10 / r.ndcg10Float]);
    expect(kept).toEqual([
      ['float32', 1536, 1],
      ['float32-4', 16, expect.closeTo(0.057, 3)],
      ['int8', 388, expect.closeTo(1, 2)],
      ['int8-12', 16, expect.closeTo(0.251, 3)],
    ]);
    expect(rows[2].recall10).toBeGreaterThan(0.99);
  });

  it('cranfield keeps the order of similarities that it kept', async () => {
    const { documents } = await readBeirFolder(`${data}cranfield`, { vectors: 'minilm' });
    const quantizers = [await fitQuantizer(documents, { kind: 'sign', bits: 128, decoder: false })];
    const rows = await evaluateSimilarity(samplePairs(documents), { quantizers });
    expect(rows.map(({ scoring, spearman }) => [scoring, spearman])).toEqual([
      ['float', 1],
      ['symmetric', expect.closeTo(0.768, 3)],
      ['asymmetric', expect.closeTo(0.85, 3)],
    ]);
  });
});
