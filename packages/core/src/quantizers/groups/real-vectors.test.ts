import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readBeirFolder } from '../../node/read-beir-folder.ts';
import { BinaryIndex } from '../../search/binary-index.ts';
import { ExactIndex } from '../../search/exact-index.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import type { QuantizerKind } from '../families.ts';
import { fitQuantizer } from '../fit.ts';
import type { Quantizer } from '../quantizer.ts';

const cranfield = fileURLToPath(
  new URL('../../../../../../shared/data/cranfield', import.meta.url),
);

describe.skipIf(!existsSync(cranfield))('real vectors (skipped without ../shared)', () => {
  it('learned groups keep more than truncation at 256 bits', async () => {
    const recall = await readRecall();
    const sign = await recall('sign', 256);
    expect(sign).toBeCloseTo(0.857, 3);
    // .876: floors that a change of the learning must not fall through.
    const learned = await recall('groups', 256);
    expect(learned).toBeGreaterThan(sign + 0.015);
  }, 120_000);

  it('planned components keep more than plain ones at 64 bits', async () => {
    const recall = await readRecall();
    const plain = await recall('pca', 64);
    expect(await recall('pca-planned', 64)).toBeGreaterThan(plain + 0.08);
  }, 120_000);
});

/** Share of the float neighbours of the real queries among the 40 nearest codes. */
async function readRecall(): Promise<(kind: QuantizerKind, bits: number) => Promise<number>> {
  const { documents, queries } = await readBeirFolder(cranfield, { vectors: 'minilm' });
  const exact = new ExactIndex(documents.columns);
  exact.add(documents);
  const expected = neighbours(queries, (query) => exact.search(query, { k: 10 }));
  return async (kind, bits) => {
    const quantizer: Quantizer = await fitQuantizer(documents, { kind, bits });
    const index = new BinaryIndex({ quantizer });
    index.add(documents);
    const found = neighbours(queries, (query) =>
      index.search(query, { k: 10, scoring: 'symmetric', rerank: 40 }),
    );
    const shares = found.map((rows, i) => rows.filter((each) => expected[i].includes(each)).length);
    return shares.reduce((sum, share) => sum + share, 0) / (10 * queries.rows);
  };
}

function neighbours(
  queries: Matrix,
  search: (query: Float32Array) => readonly { row: number }[],
): number[][] {
  return Array.from({ length: queries.rows }, (_, i) =>
    search(row(queries, i)).map((found) => found.row),
  );
}
