import { MemoryVectorStore } from '@langchain/classic/vectorstores/memory';
import type { DocumentInterface } from '@langchain/core/documents';
import { describe, expect, it } from 'vitest';
import { BinaryVectorStore } from '../store/binary-vector-store.ts';
import type { Capability, TestedKind, TestedStore } from './index.ts';
import { capabilities, runVectorStoreCase, testVectorStore, vectorStoreCases } from './index.ts';

const memory: TestedKind<MemoryVectorStore> = {
  create: async (embeddings) => new MemoryVectorStore(embeddings),
  capabilities: ['document-ids', 'filter-function', 'mmr', 'cosine-scores'],
};

describe('MemoryVectorStore of LangChain', () =>
  testVectorStore({ ...memory, runner: { describe, it } }));

it('has a name of its own for each case, and a case for each capability', () => {
  const titles = vectorStoreCases.map(({ subject, name }) => `${subject} ${name}`);
  expect(new Set(titles).size).toBe(titles.length);
  const needed = new Set(vectorStoreCases.flatMap(({ needs }) => needs));
  expect([...needed].sort()).toEqual(Object.keys(capabilities).sort());
});

describe('a case', () => {
  class Broken extends BinaryVectorStore {
    static shared: BinaryVectorStore | undefined;

    // Set where a defect changes what a search returns.
    found: (found: [DocumentInterface, number][]) => [DocumentInterface, number][] = (all) => all;

    override async similaritySearchVectorWithScore(
      ...[query, k, filter]: Parameters<BinaryVectorStore['similaritySearchVectorWithScore']>
    ): ReturnType<BinaryVectorStore['similaritySearchVectorWithScore']> {
      return this.found(await super.similaritySearchVectorWithScore(query, k, filter));
    }
  }
  const finding = (found: Broken['found']) => (store: Broken) => {
    store.found = found;
    return store;
  };
  const all = Object.keys(capabilities).filter((name) => name !== 'reload') as Exclude<
    Capability,
    'reload'
  >[];

  /** What goes wrong in a store, and a case that must notice. */
  const defects: [string, string, (store: Broken) => TestedStore][] = [
    [
      'the filter comes after the search',
      'a filter that is a function counts before the closest are chosen',
      (store) => {
        const search = store.similaritySearchVectorWithScore.bind(store);
        store.similaritySearchVectorWithScore = async (query, k, filter) => {
          const found = await search(query, k);
          return found.filter(([document]) => typeof filter !== 'function' || filter(document));
        };
        return store;
      },
    ],
    [
      'results come in no order',
      'a search gives the best score first',
      finding((f) => f.toReversed()),
    ],
    [
      'scores are distances',
      'a search scores by cosine',
      finding((found) => found.map(([document, score]) => [document, 1 - score])),
    ],
    [
      'scores are rounded',
      'a search scores by cosine',
      finding((found) =>
        found.map(([document, score]) => [document, Math.round(score * 1e4) / 1e4]),
      ),
    ],
    [
      'the last is lost',
      'a search returns all when k is larger',
      finding((found) => found.slice(0, 4)),
    ],
    [
      'metadata are lost',
      'a search returns the documents as they were given, the closest first',
      finding((found) =>
        found.map(([{ pageContent }, score]) => [{ pageContent, metadata: {} }, score]),
      ),
    ],
    [
      'ids are lost',
      'ids can be given as an option',
      finding((found) =>
        found.map(([{ pageContent, metadata }, score]) => [{ pageContent, metadata }, score]),
      ),
    ],
    [
      'documents are shared',
      'a search returns documents that the caller may change',
      (store) => {
        const first = new Map<string, DocumentInterface>();
        return finding((found) =>
          found.map(([document, score]) => {
            const kept = first.get(document.pageContent) ?? document;
            first.set(document.pageContent, kept);
            return [kept, score];
          }),
        )(store);
      },
    ],
    [
      'ids are ignored',
      'ids replace a document, its vector and its metadata',
      (store) => {
        const add = store.addDocuments.bind(store);
        store.addDocuments = async (documents) => add(documents);
        return store;
      },
    ],
    [
      'inputs are given ids',
      'adding changes none of its inputs',
      (store) => {
        const add = store.addDocuments.bind(store);
        store.addDocuments = async (documents, options) => {
          const made = await add(documents, options);
          for (const [i, document] of documents.entries()) document.id = made[i];
          return made;
        };
        return store;
      },
    ],
    [
      'nothing is deleted',
      'delete removes by id, one, several and all',
      (store) => Object.assign(store, { delete: async () => {} }),
    ],
    [
      'there is one store for all',
      'an empty store knows nothing of the one before',
      (store) => {
        Broken.shared ??= store;
        return Broken.shared;
      },
    ],
    [
      'nothing is refused',
      'adding refuses vectors, documents and ids that do not fit, and adds nothing then',
      (store) => {
        const add = store.addVectors.bind(store);
        store.addVectors = async (...inputs) => add(...inputs).catch(() => []);
        return store;
      },
    ],
  ];

  it.each(defects)('notices when %s', async (_, title, breaking) => {
    Broken.shared = undefined;
    const each = vectorStoreCases.find(({ subject, name }) => `${subject} ${name}` === title);
    if (!each) throw new Error(`no case is called "${title}"`);
    await runVectorStoreCase(each, {
      create: async (embeddings) => new BinaryVectorStore(embeddings),
      capabilities: all,
    });
    await expect(
      runVectorStoreCase(each, {
        create: async (embeddings) => breaking(new Broken(embeddings)),
        capabilities: all,
      }),
    ).rejects.toMatchObject({ name: 'UnmetExpectation' });
  });

  it('is given up with the store, however it ends', async () => {
    const kept = new Set<BinaryVectorStore>();
    const failing = { subject: 'it', name: 'fails', needs: [] };
    await expect(
      runVectorStoreCase(
        {
          ...failing,
          run: async (trial) => {
            await trial.create();
            await trial.reload(await trial.create());
            throw new Error('over');
          },
        },
        {
          create: async (embeddings) => {
            const store = new BinaryVectorStore(embeddings);
            kept.add(store);
            return store;
          },
          capabilities: [],
          reload: async (store) => store,
          dispose: async (store) => void kept.delete(store),
        },
      ),
    ).rejects.toThrow('over');
    expect(kept.size).toBe(0);
  });

  it('asks the store what a refusal is', async () => {
    const each = vectorStoreCases.find(({ needs }) => needs.includes('refuses-misfits'));
    const reasons = new Set<string>();
    await runVectorStoreCase(each as (typeof vectorStoreCases)[number], {
      create: async (embeddings) => new BinaryVectorStore(embeddings),
      capabilities: all,
      checkRefusal: (error, reason) => {
        expect(error).toBeInstanceOf(Error);
        reasons.add(reason);
      },
    });
    expect([...reasons].sort()).toEqual([
      'count-mismatch',
      'dimension-mismatch',
      'duplicate-id',
      'invalid-id',
      'not-finite',
    ]);
  });
});

describe('a runner', () => {
  /** What a runner is told, with the tests that were declared. */
  function declared(kind: TestedKind<MemoryVectorStore>, knownFailures?: string[]) {
    const tests = new Map<string, () => Promise<void>>();
    const skipped: string[] = [];
    let subject = '';
    testVectorStore({
      ...kind,
      knownFailures,
      runner: {
        describe: (name, body) => {
          subject = name;
          body();
        },
        it: Object.assign(
          (name: string, body: () => Promise<void>) => void tests.set(`${subject} ${name}`, body),
          { skip: (name: string) => skipped.push(`${subject} ${name}`) },
        ),
      },
    });
    return { tests, skipped };
  }

  it('skips by name what a store does not claim', () => {
    const { tests, skipped } = declared(memory);
    expect(skipped).toContain('ids can be given as an option (needs option-ids)');
    expect(tests.size + skipped.length).toBe(vectorStoreCases.length);
    expect(declared({ ...memory, capabilities: [] }).tests.size).toBeLessThan(tests.size);
  });

  it('holds known failures to it', async () => {
    const fails = 'ids can be given as an option';
    const passes = 'an empty store finds nothing';
    const { tests } = declared(memory, [fails, passes]);
    await tests.get(`${fails} (is known to fail)`)?.();
    await expect(tests.get(`${passes} (is known to fail)`)?.()).rejects.toThrow(
      `"${passes}" passes. Take it off the list.`,
    );
    expect(() => declared(memory, ['a typo'])).toThrow('got "a typo", expected names of cases');
  });
});
