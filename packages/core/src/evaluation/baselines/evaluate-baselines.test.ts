import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import type { RetrievalTask } from '../retrieval-task.ts';
import { evaluateBaselines } from './evaluate-baselines.ts';
import { float32Baseline } from './float32-baseline.ts';
import { int8Baseline } from './int8-baseline.ts';

const random = seededRandom(4);
const documents: Matrix = {
  rows: 200,
  columns: 16,
  data: Float32Array.from({ length: 200 * 16 }, () => gaussian(random)),
};
const ids = Array.from({ length: 200 }, (_, i) => `d${i}`);
/** Every query is a document, and that document is what it should find. */
const task: RetrievalTask = {
  name: 'self',
  documents,
  documentIds: ids,
  queries: { rows: 30, columns: 16, data: documents.data.slice(0, 30 * 16) },
  queryIds: ids.slice(0, 30),
  relevance: new Map(ids.slice(0, 30).map((id) => [id, new Map([[id, 1]])])),
};

describe('evaluateBaselines', () => {
  it('gives whole vectors and those that fit into the bytes', async () => {
    const rows = await evaluateBaselines(task, { bytes: [8, 18, 999], rerank: [0, 200] });
    expect(
      rows.filter((r) => r.rerank === 0).map((r) => [r.quantizer, r.bits, r.bytesPerVector]),
    ).toEqual([
      ['float32', 512, 64],
      ['float32-2', 64, 8],
      ['float32-4', 128, 16],
      ['int8', 128, 20],
      ['int8-4', 32, 8],
      ['int8-14', 112, 18],
    ]);
    for (const { quantizer, rerank, ndcg10, ndcg10Float, recall10, scoring, fitSeconds } of rows) {
      expect([ndcg10Float, scoring, fitSeconds]).toEqual([1, 'asymmetric', 0]);
      // The floats themselves, and everything that is re-ranked with them, give the exact answer.
      if (rerank === 200 || quantizer === 'float32') expect([ndcg10, recall10]).toEqual([1, 1]);
      else expect(recall10).toBeLessThan(1);
    }
    const recallOf = (name: string) =>
      rows.filter((r) => r.quantizer === name && r.rerank === 0)[0]?.recall10 ?? Number.NaN;
    expect(recallOf('int8')).toBeGreaterThan(0.95);
    expect(recallOf('int8-14')).toBeGreaterThan(recallOf('int8-4'));
    expect(recallOf('int8-4')).toBeGreaterThan(recallOf('float32-2'));
  });

  it('reports progress and stops when aborted', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => {
      seen.push(`${done}/${total}`);
      if (done === 1) controller.abort(new Error('enough'));
    };
    await expect(
      evaluateBaselines(task, { bytes: [8], onProgress, signal: controller.signal }),
    ).rejects.toThrow('enough');
    expect(seen).toEqual(['0/4', '1/4']);
  });

  it.each([{ bytes: [4] }, { bytes: [8.5] }, { rerank: [-1] }])('refuses %o', async (options) => {
    await expect(evaluateBaselines(task, options)).rejects.toMatchObject({
      code: 'invalid-option',
    });
  });

  it('refuses a task without queries, and queries of another dimension', async () => {
    const none = { rows: 0, columns: 16, data: new Float32Array() };
    await expect(evaluateBaselines({ ...task, queries: none })).rejects.toMatchObject({
      code: 'empty-input',
    });
    const other = { rows: 1, columns: 3, data: Float32Array.of(1, 2, 3) };
    await expect(evaluateBaselines({ ...task, queries: other })).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
  });
});

describe('float32Baseline', () => {
  it('scores by the cosine of the leading dimensions', () => {
    const { score } = float32Baseline(
      { rows: 2, columns: 3, data: Float32Array.of(3, 4, 9, 0, 0, 1) },
      2,
    );
    const scores = score(Float32Array.of(2, 0, 5));
    expect(scores[0]).toBeCloseTo(0.6, 6);
    expect(scores[1]).toBe(0);
  });
});

describe('int8Baseline', () => {
  it('is off by half a step per dimension at most', () => {
    const unit = normalizeRows(documents);
    const { score } = int8Baseline(documents, 16);
    for (let q = 0; q < 30; q++) {
      const query = row(unit, q);
      const sizes = query.reduce((sum, value) => sum + Math.abs(value), 0);
      score(query).forEach((estimate, i) => {
        const vector = row(unit, i);
        const exact = vector.reduce((sum, value, j) => sum + value * query[j], 0);
        const step = Math.max(...vector.map(Math.abs)) / 127;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual((step / 2) * sizes + 1e-6);
      });
    }
  });

  it('scores a zero vector 0', () => {
    const { score } = int8Baseline({ rows: 1, columns: 2, data: new Float32Array(2) }, 2);
    expect([...score(Float32Array.of(1, 2))]).toEqual([0]);
  });
});

it.each([float32Baseline, int8Baseline])('%o refuses dimensions that are not there', (baseline) => {
  expect(() => baseline(documents, 17)).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  );
});
