import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluation/evaluate.ts';
import { readBeirFolder } from './read-beir-folder.ts';

const data = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));

/** Float nDCG@10, then what `sign` keeps of it, which has no randomness; then floors for `itq`. */
const sets = [
  { name: 'cranfield', float: 0.4, sign: 59.9, itq40: 0.86, itq100: 0.98 },
  { name: 'scifact', float: 0.647, sign: 63.7, itq40: 0.74, itq100: 0.945 },
];

describe.skipIf(!existsSync(data))('real vectors (skipped without ../shared)', () => {
  it.each(sets)('$name keeps what it kept', async ({ name, float, sign, itq40, itq100 }) => {
    const task = await readBeirFolder(`${data}${name}`, { vectors: 'minilm' });
    const rows = await evaluate(task, {
      quantizers: ['sign', 'itq'],
      bits: [128],
      rerank: [0, 40, 100],
    });
    const find = (quantizer: string, scoring: string, rerank: number) =>
      rows.filter(
        (row) => row.quantizer === quantizer && row.scoring === scoring && row.rerank === rerank,
      )[0];
    expect(rows[0].ndcg10Float).toBeCloseTo(float, 3);
    const kept = find('sign', 'symmetric', 0);
    expect((100 * kept.ndcg10) / kept.ndcg10Float).toBeCloseTo(sign, 1);
    expect(find('itq', 'symmetric', 40).recall10).toBeGreaterThan(itq40);
    expect(find('itq', 'asymmetric', 100).recall10).toBeGreaterThan(itq100);
  });
});
