import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Matrix } from '@bitryoshka/core';
import { row } from '@bitryoshka/core';
import { expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const folder = fileURLToPath(
  new URL('../../../../../shared/data/cranfield/minilm/', import.meta.url),
);

it.skipIf(!existsSync(folder))(
  'finds with 128 bits nearly all that an exact search finds in Cranfield (needs shared/data)',
  { timeout: 120_000 },
  async () => {
    const corpus = read('corpus.f32');
    const documents = Array.from({ length: corpus.rows }, (_, i) => ({
      pageContent: `${i}`,
      metadata: { i },
    }));
    const create = async (index: 'exact' | 'scan') => {
      const store = new BinaryVectorStore(new WordEmbeddings(corpus.columns), {
        index,
        ...(index === 'scan' && { quantizer: { kind: 'itq', bits: 128 } }),
      });
      await store.addVectors(corpus, documents);
      await store.settled();
      return store;
    };
    const [exact, coded] = [await create('exact'), await create('scan')];
    expect(coded.stats()).toEqual({
      count: 1400,
      dimensions: 384,
      index: 'scan',
      bits: 128,
      codeBytes: 1400 * 16,
      vectorBytes: 1400 * 384 * 4,
    });
    const queries = read('queries.f32');
    let agreement = 0;
    for (let i = 0; i < queries.rows; i++) {
      const top = async (store: BinaryVectorStore) =>
        (await store.similaritySearchVectorWithScore(row(queries, i), 10)).map(
          ([{ metadata }]) => metadata.i as number,
        );
      const truth = new Set(await top(exact));
      agreement +=
        (await top(coded)).filter((found) => truth.has(found)).length / 10 / queries.rows;
    }
    console.info(`Cranfield, 128 bits: ${(100 * agreement).toFixed(2)} % of the exact top 10`);
    expect(agreement).toBeGreaterThanOrEqual(0.97);
  },
);

function read(file: string): Matrix {
  const bytes = Uint8Array.from(readFileSync(folder + file));
  const data = new Float32Array(bytes.buffer);
  return { rows: data.length / 384, columns: 384, data };
}
