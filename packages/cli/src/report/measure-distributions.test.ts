import { fitQuantizer, normalizeRows, toMatrix } from '@bitryoshka/core';
import type { RetrievalTask } from '@bitryoshka/core/evaluation';
import { describe, expect, it } from 'vitest';
import { measureDistributions } from './measure-distributions.ts';

const documents = toMatrix(
  Array.from({ length: 200 }, (_, i) => Array.from({ length: 16 }, (_v, j) => wave(i, j) + j / 8)),
);
const queries = toMatrix(
  Array.from({ length: 30 }, (_, i) => Array.from({ length: 16 }, (_v, j) => wave(i + 500, j) - 1)),
);
const task: RetrievalTask = {
  name: 'waves',
  documents,
  documentIds: [],
  queries,
  queryIds: [],
  relevance: new Map(),
};

describe('measureDistributions', () => {
  it('finds the thresholds of both sides, where every half of the documents begins', async () => {
    const median = await fitQuantizer(documents, { kind: 'median', bits: 14, queries });
    const itq = await fitQuantizer(documents, { kind: 'itq', bits: 14 });
    const { of, edges, panels } = measureDistributions(task, [
      { name: 'itq', quantizer: itq },
      { name: 'median', quantizer: median },
    ]);
    expect(of).toBe('dimension');
    expect(panels).toHaveLength(12);
    const unit = normalizeRows(documents);
    for (const { index, shares, thresholds } of panels) {
      expect(index).toBeLessThan(14);
      expect(shares.document).toHaveLength(edges.length - 1);
      for (const side of [shares.document, shares.query]) {
        expect(side.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      }
      expect(thresholds.map(({ quantizer }) => quantizer)).toEqual(['median']);
      const { document, query } = thresholds[0]!;
      expect(query).not.toBe(document);
      const column = Array.from({ length: 200 }, (_, i) => unit.data[i * 16 + index]!);
      const mean = column.reduce((sum, x) => sum + x, 0) / 200;
      const deviation = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 200);
      const above = column.filter((x) => x / deviation > document).length;
      expect(Math.abs(above - 100)).toBeLessThanOrEqual(1);
    }
  });

  it('begins with the most lopsided dimension', async () => {
    const sign = await fitQuantizer(documents, { kind: 'sign', bits: 16 });
    const { panels } = measureDistributions(task, [{ name: 'sign', quantizer: sign }]);
    expect(panels[0]!.index).toBe(15);
    for (const { thresholds } of panels) {
      expect(thresholds).toEqual([{ quantizer: 'sign', document: 0, query: 0 }]);
    }
  });

  it('shows projected values where no quantizer thresholds dimensions', async () => {
    const itq = await fitQuantizer(documents, { kind: 'itq', bits: 8 });
    const { of, panels } = measureDistributions(task, [{ name: 'itq', quantizer: itq }]);
    expect(of).toBe('bit');
    expect(panels).toHaveLength(8);
    expect(panels[0]!.thresholds).toEqual([{ quantizer: 'itq', document: 0, query: 0 }]);
  });
});

function wave(i: number, j: number): number {
  return Math.sin(i * 12.9898 + j * 78.233);
}
