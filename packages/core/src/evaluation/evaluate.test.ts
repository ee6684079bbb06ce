import { describe, expect, it } from 'vitest';
import { gaussian, seededRandom } from '../vectors/random.ts';
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
