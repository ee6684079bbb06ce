import { ExactIndex } from '@bitryoshka/core';
import { Document } from '@langchain/core/documents';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { BinaryVectorStore } from './binary-vector-store.ts';
import type { BinaryVectorStoreOptions } from './store-options.ts';

export const modelDimensions = 5;
const dimensions = modelDimensions;
/** Depths at which nothing is missed. */
export const modelOptions: BinaryVectorStoreOptions = {
  quantizer: { kind: 'median', bits: 4 },
  index: 'scan',
  depth: { candidates: 1000, rerank: 1000 },
};
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
  { weight: 1, arbitrary: fc.constant({ renew: true }) },
  { weight: 1, arbitrary: fc.constant({ compact: true }) },
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

export interface ModelledStore {
  readonly create: () => Promise<BinaryVectorStore>;
  /** The store again, as it was: another object, perhaps. Default: the same. */
  readonly renew?: (store: BinaryVectorStore) => Promise<BinaryVectorStore>;
  /** Others who see the same. */
  readonly readers?: (store: BinaryVectorStore) => Promise<BinaryVectorStore[]>;
  readonly numRuns: number;
}

/** Whatever happens to a store, it finds what the obvious store finds. */
export async function compareWithModel({
  create,
  renew = async (store) => store,
  readers = async () => [],
  numRuns,
}: ModelledStore): Promise<void> {
  const history = fc.array(change, { minLength: 1, maxLength: 25, size: 'max' });
  await fc.assert(
    fc.asyncProperty(
      history,
      vector,
      fc.integer({ min: 0, max: 30 }),
      async (changes, query, k) => {
        const model = new Model();
        let store = await create();
        const others = await readers(store);
        try {
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
            } else if ('renew' in step) {
              store = await renew(store);
            } else if ('compact' in step) {
              await store.compact();
            } else if (model.vectors.size > 4) {
              await store.fit();
            }
            expect(store.stats().count).toBe(model.vectors.size);
            for (const each of [store, ...others]) {
              for (const odd of [false, true]) {
                const found = await each.similaritySearchVectorWithScore(
                  query,
                  k,
                  odd ? ({ metadata }) => metadata.number % 2 === 1 : undefined,
                );
                expect(found.map(([document, score]) => [document.id, score])).toEqual(
                  model.search(query, k, (key) => !odd || Number(key) % 2 === 1),
                );
              }
            }
          }
        } finally {
          for (const each of [...others, store]) await each.close();
        }
      },
    ),
    { numRuns },
  );
}
