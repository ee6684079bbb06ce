import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit.ts';
import type { LearnedQuantizer } from '../quantizers/learned/learned-quantizer.ts';
import { trainCodes } from '../quantizers/learned/train-codes.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import { refineThresholds } from '../quantizers/thresholds/refine-thresholds.ts';
import { BinaryIndex } from '../search/binary-index.ts';
import { ExactIndex } from '../search/exact-index.ts';
import { applyAffineMap } from '../transforms/affine-map.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, selectRows } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { gaussian, sampleIndices, seededRandom } from '../vectors/random.ts';
import type { AdapterModel, PresetModel } from './load-preset.ts';
import { loadAdapterPreset, loadPreset, presetModels } from './load-preset.ts';
import { readBeirFolder } from './read-beir-folder.ts';

const data = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));

describe('loadPreset', () => {
  it.each(presetModels)('has both kinds for %s', async (model) => {
    const whole = await loadPreset(model);
    expect(whole).toMatchObject({ kind: 'autoencoder', bits: 256 });
    expect(whole.decoder).toBeDefined();
    const thresholds = await loadPreset(model, { kind: 'median' });
    expect(thresholds.bits).toBe(thresholds.inputDimensions);
    expect(thresholds.inputDimensions).toBe(whole.inputDimensions);
    expect(whole.save().length).toBeGreaterThan(0);
  });

  it.each(presetModels)('has a head for %s, small and nested, to train further', async (model) => {
    const head = (await loadPreset(model, { kind: 'head' })) as LearnedQuantizer;
    expect(head).toMatchObject({ kind: 'head', bits: 128, nested: [64, 128] });
    const file = new URL(`../../presets/${model}-head.safetensors`, import.meta.url);
    expect(statSync(file).size).toBeLessThan(1_000_000);
    const random = seededRandom(1);
    const data = Float32Array.from({ length: 60 * head.inputDimensions }, () => gaussian(random));
    const own = { rows: 60, columns: head.inputDimensions, data };
    const { quantizer } = await trainCodes(own, { bits: 128, nested: [64], from: head, steps: 2 });
    expect(quantizer.nested).toEqual([64, 128]);
  });

  it('has an adapter, which keeps the order of whole vectors', async () => {
    const map = await loadAdapterPreset('all-minilm-l6-v2');
    expect(map).toMatchObject({ inputDimensions: 384, weights: { rows: 384, columns: 384 } });
    const random = seededRandom(2);
    const data = Float32Array.from({ length: 2 * 384 }, () => gaussian(random));
    const vectors = normalizeRows({ rows: 2, columns: 384, data });
    const mapped = normalizeRows(applyAffineMap(map, vectors));
    const cosine = ({ data: values }: Matrix) =>
      values.subarray(0, 384).reduce((sum, value, j) => sum + value * values[384 + j], 0);
    expect(cosine(mapped)).toBeCloseTo(cosine(vectors), 1);
    await expect(loadAdapterPreset('word2vec' as AdapterModel)).rejects.toMatchObject({
      code: 'invalid-option',
    });
  });

  it('refuses what it does not have', async () => {
    await expect(loadPreset('word2vec' as PresetModel)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('all-minilm-l6-v2'),
    });
    await expect(loadPreset('all-minilm-l6-v2', { kind: 'itq' as 'median' })).rejects.toMatchObject(
      { code: 'invalid-option' },
    );
  });
});

describe.skipIf(!existsSync(data))('real vectors (skipped without ../shared)', () => {
  it.each(['cranfield', 'scifact', 'datatalks-faq'])(
    '200 own vectors are enough not to lose by them: %s',
    async (name) => {
      const { documents, queries } = await readBeirFolder(`${data}${name}`, { vectors: 'minilm' });
      const measure = measureWith(documents, selectRows(queries, first(100)));
      const own = selectRows(documents, sampleIndices(documents.rows, 200, seededRandom(0)));
      const thresholds = await loadPreset('all-minilm-l6-v2', { kind: 'median' });
      const refined = measure(refineThresholds(thresholds, own));
      expect(refined).toBeGreaterThanOrEqual(measure(thresholds));
      const bits = thresholds.inputDimensions;
      const fitted = await fitQuantizer(own, { kind: 'median', bits, decoder: false });
      expect(refined).toBeGreaterThanOrEqual(measure(fitted));
    },
    20_000,
  );
});

function first(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Share of the 10 nearest documents among the 40 with the nearest codes. */
function measureWith(documents: Matrix, queries: Matrix): (quantizer: Quantizer) => number {
  const exact = new ExactIndex(documents.columns);
  exact.add(documents);
  const wanted = first(queries.rows).map(
    (i) => new Set(exact.search(row(queries, i), { k: 10 }).map((found) => found.row)),
  );
  return (quantizer) => {
    const index = new BinaryIndex({ quantizer });
    index.add(documents);
    const hits = wanted.map(
      (rows, i) =>
        index
          .search(row(queries, i), { k: 10, scoring: 'symmetric', rerank: 40 })
          .filter((found) => rows.has(found.row)).length,
    );
    return hits.reduce((sum, count) => sum + count, 0) / (10 * wanted.length);
  };
}
