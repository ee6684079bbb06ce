import { describe, expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit.ts';
import { BinaryIndex } from '../search/binary-index.ts';
import { ExactIndex } from '../search/exact-index.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { selectRows, toMatrix } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import type { Contender } from './evaluate.ts';
import { evaluate } from './evaluate.ts';
import type { RetrievalTask } from './retrieval-task.ts';

const random = seededRandom(4);
const data = Float32Array.from({ length: 200 * 16 }, () => gaussian(random));
const ids = Array.from({ length: 200 }, (_, i) => `d${i}`);
/** Every query is a document, and that document is what it should find. */
const task: RetrievalTask = {
  name: 'self',
  documents: { rows: 200, columns: 16, data },
  documentIds: ids,
  queries: { rows: 30, columns: 16, data: data.slice(0, 30 * 16) },
  queryIds: ids.slice(0, 30),
  relevance: new Map(ids.slice(0, 30).map((id) => [id, new Map([[id, 1]])])),
};

describe('evaluate', () => {
  it('gives one row per quantizer, length, scoring and depth', async () => {
    const rows = await evaluate(task, {
      quantizers: ['sign', 'itq'],
      bits: [8, 16],
      rerank: [0, 200],
    });
    expect(rows.map((r) => `${r.quantizer} ${r.bits} ${r.scoring} ${r.rerank}`)).toHaveLength(24);
    expect(new Set(rows.map((r) => `${r.quantizer} ${r.bits} ${r.scoring} ${r.rerank}`)).size).toBe(
      24,
    );
    for (const row of rows) {
      expect(row.bytesPerVector).toBe(row.scoring === 'decoded' ? 9 : 8);
      expect(row.ndcg10Float).toBe(1);
      // Everything is re-ranked with the float vectors: the exact answer.
      if (row.rerank === 200) expect([row.ndcg10, row.recall10]).toEqual([1, 1]);
      else expect(row.recall10).toBeLessThan(1);
    }
  });

  it('measures what is fitted elsewhere, under its name', async () => {
    const fit = (documents: Matrix, options: { bits: number }) =>
      fitQuantizer(documents, { ...options, kind: 'sign' });
    const options = { bits: [8], rerank: [0] };
    const [named] = await evaluate(task, { ...options, quantizers: [{ name: 'mine', fit }] });
    const [sign] = await evaluate(task, { ...options, quantizers: ['sign'] });
    expect(named).toEqual({ ...sign, quantizer: 'mine', fitSeconds: named.fitSeconds });
  });

  it('lets quantizers learn from other queries, and heads from pairs', async () => {
    const others = Array.from({ length: 60 }, () =>
      Float32Array.from({ length: 16 }, (_, j) => 4 * Number(j < 4) + gaussian(random)),
    );
    const lessons = {
      queries: toMatrix(others),
      pairs: { queries: others, documents: others },
    };
    const seen: unknown[] = [];
    const mine: Contender = {
      name: 'mine',
      fit: (documents, { bits, queries }) => {
        seen.push(queries);
        return fitQuantizer(documents, { kind: 'sign', bits });
      },
    };
    // The thresholds of queries are the medians of those that are given.
    const options = { quantizers: ['median', mine], bits: [8], rerank: [0] } as const;
    const plain = await evaluate(task, options);
    const taught = await evaluate(task, { ...options, lessons });
    expect(seen).toEqual([undefined, lessons.queries]);
    expect(taught[0]?.recall10).not.toBe(plain[0]?.recall10);
    const fewer = { ...lessons, pairs: { queries: others, documents: others.slice(1) } };
    const head = evaluate(task, { ...options, quantizers: ['head'], lessons: fewer });
    await expect(head).rejects.toThrow(/pairs.documents: got 59/);
  });

  it('asks a kind that learns from queries only those it has not seen', async () => {
    const options = { quantizers: ['median-per-side'], bits: [16], rerank: [0] } as const;
    const [row] = await evaluate(task, options);
    const recalls = [0, 1].map(async (half) => {
      const rows = Array.from({ length: 30 }, (_, i) => i);
      const queries = selectRows(
        task.queries,
        rows.filter((i) => i % 2 !== half),
      );
      const quantizer = await fitQuantizer(task.documents, {
        kind: 'median-per-side',
        bits: 16,
        queries,
      });
      const index = new BinaryIndex({ quantizer });
      index.add(task.documents);
      const exact = new ExactIndex(16);
      exact.add(task.documents);
      return rows
        .filter((i) => i % 2 === half)
        .map((i) => {
          const query = data.slice(i * 16, (i + 1) * 16);
          const found = index.search(query, { k: 10, scoring: 'symmetric', rerank: 0 });
          const nearest = new Set(exact.search(query, { k: 10 }).map((scored) => scored.row));
          return found.filter((scored) => nearest.has(scored.row)).length / 10;
        });
    });
    const all = (await Promise.all(recalls)).flat();
    expect(row.recall10).toBeCloseTo(all.reduce((sum, value) => sum + value, 0) / 30, 10);
  });

  it('reports progress and stops when aborted', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ done }: { done: number }) => {
      seen.push(done);
      if (done === 1) controller.abort(new Error('enough'));
    };
    const options = { quantizers: ['sign', 'mean', 'median'] as const, bits: [8], rerank: [0] };
    await expect(
      evaluate(task, { ...options, onProgress, signal: controller.signal }),
    ).rejects.toThrow('enough');
    expect(seen).toEqual([0, 1]);
  });
});
