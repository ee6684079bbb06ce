import { ExactIndex } from '@bitryoshka/core';
import { Document } from '@langchain/core/documents';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BinaryVectorStore } from './binary-vector-store.ts';
import { WordEmbeddings } from './vector-store.suite.ts';

const dimensions = 5;
const id = fc.integer({ min: 0, max: 400 }).map(String);
// Few different values, so that equal scores are frequent.
const vector = fc.array(fc.integer({ min: -1, max: 2 }), {
  minLength: dimensions,
  maxLength: dimensions,
});
const change = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ add: fc.dictionary(id, vector, { maxKeys: 150, size: 'max' }) }),
  },
  { weight: 2, arbitrary: fc.record({ remove: fc.array(id, { maxLength: 150, size: 'max' }) }) },
  { weight: 1, arbitrary: fc.record({ removeMultiplesOf: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ fit: true }) },
);

/** The obvious store: a list that is searched from end to end. */
class Model {
  readonly vectors: Map<string, number[]> = new Map();

  add(key: string, value: number[]): void {
    this.vectors.delete(key);
    this.vectors.set(key, value);
  }

  search(query: number[], k: number, keep: (key: string) => boolean): [string, number][] {
    const kept = [...this.vectors].filter(([key]) => keep(key));
    const index = new ExactIndex(dimensions);
    index.add(kept.map(([, value]) => value));
    return index.search(query, { k }).map(({ row, score }) => [kept[row][0], score]);
  }
}

it('finds what a naive store finds, whatever happened before', { timeout: 120_000 }, async () => {
  const history = fc.array(change, { minLength: 1, maxLength: 25, size: 'max' });
  await fc.assert(
    fc.asyncProperty(
      history,
      vector,
      fc.integer({ min: 0, max: 30 }),
      async (changes, query, k) => {
        const model = new Model();
        const store = new BinaryVectorStore(new WordEmbeddings(dimensions), {
          quantizer: { kind: 'median', bits: 4 },
          index: 'scan',
          depth: { candidates: 1000, rerank: 1000 },
        });
        for (const step of changes) {
          if ('add' in step) {
            const entries = Object.entries(step.add);
            const documents = entries.map(
              ([key]) => new Document({ pageContent: key, metadata: { number: Number(key) } }),
            );
            await store.addVectors(Object.values(step.add), documents, {
              ids: Object.keys(step.add),
            });
            for (const [key, value] of entries) model.add(key, value);
          } else if ('remove' in step) {
            await store.delete({ ids: step.remove });
            for (const key of step.remove) model.vectors.delete(key);
          } else if ('removeMultiplesOf' in step) {
            const { removeMultiplesOf: divisor } = step;
            await store.delete({ filter: { number: { $mod: [divisor, 0] } } });
            for (const key of model.vectors.keys()) {
              if (Number(key) % divisor === 0) model.vectors.delete(key);
            }
          } else if (model.vectors.size > 4) {
            await store.fit();
          }
          expect(store.stats().count).toBe(model.vectors.size);
          for (const odd of [false, true]) {
            const found = await store.similaritySearchVectorWithScore(
              query,
              k,
              odd ? ({ metadata }) => metadata.number % 2 === 1 : undefined,
            );
            expect(found.map(([document, score]) => [document.id, score])).toEqual(
              model.search(query, k, (key) => !odd || Number(key) % 2 === 1),
            );
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});
