import { randomUUID } from 'node:crypto';
import type { Matrix } from '@bitryoshka/core';
import { fitQuantizer } from '@bitryoshka/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthetic } from '../../store/synthetic-topic.suite.ts';
import { WordEmbeddings } from '../../testing/index.ts';
import type { CollectionState } from '../collection/pg-collection.ts';
import type { OpenDatabase } from '../database/servers.suite.ts';
import { describeDatabases } from '../database/servers.suite.ts';
import type { PgStoreOptions } from '../pg-vector-store.ts';
import { PgBinaryVectorStore } from '../pg-vector-store.ts';
import { adviseOn } from './pg-health.ts';

const columns = 64;
const bits = 24;
const topic = synthetic(1, 600, columns);
const otherTopic = synthetic(2, 300, columns);
const quantizer = await fitQuantizer(topic, { kind: 'itq', bits });
const embeddings = new WordEmbeddings(columns);
const documents = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ pageContent: `text ${i}`, metadata: { i } }));
const part = ({ data }: Matrix, start: number, end: number): Matrix => ({
  rows: end - start,
  columns,
  data: data.slice(start * columns, end * columns),
});

describeDatabases((database) => {
  let opened: OpenDatabase;
  beforeAll(async () => {
    opened = await database.open();
  });
  afterAll(() => opened?.stop());

  const open = (collection: string, options: PgStoreOptions = {}) =>
    PgBinaryVectorStore.open(embeddings, { pool: opened.pool, collection, ...options });
  async function filled(options: PgStoreOptions = {}, vectors = part(topic, 0, 300)) {
    const collection = randomUUID();
    const store = await open(collection, options);
    await store.addVectors(vectors, documents(vectors.rows));
    return { store, collection };
  }

  describe('the health of a collection', () => {
    it('is all well in an empty one', async () => {
      expect(await (await open(randomUUID())).health()).toEqual({
        documents: 0,
        dimensions: undefined,
        bytes: { vectors: 0, codes: 0, links: 0, words: 0, tables: 0, localCodes: 0 },
        index: 'exact',
        depth: undefined,
        targetRecall: 0.98,
        quantizer: undefined,
        drift: undefined,
        recall: undefined,
        advice: [],
      });
    });

    it('tells how documents are found and what that takes', async () => {
      const { store } = await filled({ hybrid: true, storage: 'vector' });
      const exact = await store.health();
      expect(exact).toMatchObject({
        documents: 300,
        dimensions: columns,
        index: 'exact',
        depth: undefined,
        quantizer: undefined,
        drift: undefined,
        recall: 1,
        advice: [],
      });
      expect(exact.bytes).toMatchObject({ vectors: 300 * columns * 4, codes: 0, links: 0 });
      expect(exact.bytes.words).toBeGreaterThan(0);
      expect(exact.bytes.tables).toBeGreaterThan(exact.bytes.vectors + exact.bytes.words);
      const { recall } = await store.refit({ quantizer });
      const scanned = await store.health();
      expect(scanned).toMatchObject({
        index: 'scan',
        quantizer: { kind: 'itq', bits },
        drift: undefined,
        advice: [],
      });
      expect(scanned.quantizer?.recallAtFit).toBeCloseTo(recall.after, 5);
      expect(scanned.depth?.candidates).toBeGreaterThanOrEqual(50);
      expect(scanned.recall).toBeGreaterThanOrEqual(0.95);
      expect(scanned.bytes.links).toBe(0);
      // A row takes some thirty bytes besides its code.
      expect(scanned.bytes.codes).toBeGreaterThan(300 * 32);
      expect(scanned.bytes.tables).toBeGreaterThan(exact.bytes.tables + scanned.bytes.codes);
      await store.index({ kind: 'hnsw' });
      const walked = await store.health();
      expect(walked.index).toBe('hnsw');
      expect(walked.bytes.links).toBeGreaterThan(300 * 16);
    });

    it('tells of searches that do not look far enough', async () => {
      const { store } = await filled({ depth: { candidates: 5, rerank: 5 } });
      await store.refit({ quantizer });
      const { recall, advice, depth } = await store.health();
      expect(depth).toEqual({ candidates: 5, rerank: 5 });
      expect(recall).toBeLessThan(0.9);
      expect(advice).toEqual([expect.stringMatching(/find 0\.\d\d of the ten nearest.*depth/)]);
    });

    it('warns of documents that are unlike those before, whoever added them', {
      timeout: 120_000,
    }, async () => {
      const { store, collection } = await filled();
      await store.refit({ quantizer });
      await store.addVectors(part(topic, 300, 350), documents(50));
      expect((await store.health()).drift).toBeUndefined();
      const ids = await store.addVectors(part(topic, 350, 600), documents(250));
      expect(await store.health()).toMatchObject({
        drift: { recommendation: 'none', added: 300 },
        advice: [],
      });
      await store.delete({ ids });
      const other = await open(collection);
      await other.addVectors(otherTopic, documents(300));
      const { drift, advice } = await store.health();
      expect(drift).toMatchObject({ recommendation: 'refit', added: 350 });
      expect(advice).toContainEqual(expect.stringMatching(/350 documents .* unlike .*refit/));
      expect(await other.health()).toMatchObject({ drift, advice });
      await checkStops(store);
      const refit = other.refit({ quantizer });
      // The tables that it asks for are replaced meanwhile.
      expect(await store.health()).toMatchObject({ documents: 650 });
      await refit;
      expect((await store.health()).drift).toBeUndefined();
    });
  });

  /** Says how far it is, and can be stopped, at each stage. */
  async function checkStops(store: PgBinaryVectorStore): Promise<void> {
    const stages = ['sample', 'drift', 'neighbours', 'recall'];
    const seen = new Set<string>();
    for (const stage of stages) {
      const controller = new AbortController();
      const stopped = store.health({
        signal: controller.signal,
        onProgress: (progress) => {
          seen.add(progress.stage);
          if (progress.stage === stage) controller.abort(new Error(`stopped at ${stage}`));
        },
      });
      await expect(stopped).rejects.toThrow(`stopped at ${stage}`);
    }
    expect([...seen]).toEqual(stages);
  }
});

describe('the advice for a collection', () => {
  const healthy = {
    documents: 30_000,
    dimensions: columns,
    bytes: { vectors: 0, codes: 0, links: 0, words: 0, tables: 0, localCodes: 0 },
    index: 'hnsw',
    depth: { candidates: 100, rerank: 100 },
    targetRecall: 0.98,
    quantizer: { kind: 'itq', bits, recallAtFit: 1, fitReport: undefined },
    drift: undefined,
    recall: 0.99,
  } as const;
  const state = {
    active: { version: 1, quantizer, table: 'codes' },
    index: { kind: 'hnsw', m: 8, efConstruction: 64 },
    depth: { candidates: 100, rerank: 100 },
  } as const;
  const advice = (
    health: object,
    of: Partial<CollectionState> = {},
    rest: { isInterrupted?: boolean; depth?: object } = {},
  ) => [
    ...adviseOn({ ...healthy, ...health }, { ...state, ...of }, { isInterrupted: false, ...rest }),
  ];

  it('is none when all is well', () => {
    expect(advice({})).toEqual([]);
    expect(advice({ documents: 4999 }, { active: undefined })).toEqual([]);
    expect(advice({ documents: 19_999 }, { index: { kind: 'scan' } })).toEqual([]);
  });

  it('is to fit codes to many documents, and to index these', () => {
    expect(advice({ documents: 5000 }, { active: undefined })).toEqual([
      expect.stringMatching(/all 5000 vectors.*refit\(\)/),
    ]);
    expect(advice({ documents: 20_000 }, { index: { kind: 'scan' } })).toEqual([
      expect.stringMatching(/all 20000 codes.*index\(\{ kind: 'hnsw' \}\)/),
    ]);
    const deep = { candidates: 1600, rerank: 1600 };
    expect(advice({}, { index: { kind: 'scan' }, depth: deep })).toEqual([
      expect.stringContaining("index({ kind: 'ivfflat' })"),
    ]);
  });

  it('is to make lists again that were made for far fewer documents', () => {
    const lists = { kind: 'ivfflat', lists: 173, probes: 14, documents: 30_000 } as const;
    expect(advice({ documents: 119_999 }, { index: lists })).toEqual([]);
    expect(advice({ documents: 120_001 }, { index: lists })).toEqual([
      expect.stringMatching(/173 lists were made for 30000 documents/),
    ]);
    // Such as were made by others.
    const { documents: _, ...unknown } = lists;
    expect(advice({ documents: 900_000 }, { index: unknown })).toEqual([]);
  });

  it('is to look farther, or to fit again, where too little is found', () => {
    const found = { recall: 0.9 };
    expect(advice(found)).toEqual([expect.stringMatching(/find 0\.90 .* store\.refit\(\)/)]);
    const random = { ...healthy.quantizer, kind: 'random' };
    expect(advice({ ...found, quantizer: random })).toEqual([
      expect.stringMatching(/0\.98: ask for more bits/),
    ]);
    const depth = { candidates: 10 };
    expect(advice(found, {}, { depth })).toEqual([expect.stringMatching(/leave depth out/)]);
    const index = { kind: 'ivfflat', lists: 9, probes: 1 } as const;
    expect(advice(found, { index })).toEqual([expect.stringMatching(/more probes/)]);
  });

  it('is to clear what a client has left', () => {
    expect(advice({}, {}, { isInterrupted: true })).toEqual([
      expect.stringMatching(/client that is gone.*refit\(\)/),
    ]);
  });
});
