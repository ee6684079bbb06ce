import { describe, expect, it } from 'vitest';
import { codeRange } from '../codes/codes.ts';
import type { SharedKernel } from '../kernels/scan/shared-kernel.ts';
import { createSharedKernel } from '../kernels/scan/shared-kernel.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import type { LinearDecoder } from '../quantizers/linear-decoder.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { binaryIndexSuite } from './binary-index.suite.ts';
import { BinaryIndex } from './binary-index.ts';
import { ExactIndex } from './exact-index.ts';
import { graph } from './finders/graph/graph.ts';
import { IndexReader } from './index-reader.ts';
import { openSharedSegment } from './index-segment.ts';
import { RowSet } from './rows/row-set.ts';
import { segmentSlots } from './rows/segment-rows.ts';
import type { VectorStorage } from './vectors/vector-storage.ts';

const random = seededRandom(2);
const vectors = Array.from({ length: 500 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });

const exhaustive = { candidates: 1e6, rerank: 1e6 };

binaryIndexSuite(async (storage) => new BinaryIndex({ quantizer, storage }), exhaustive);

describe('memory that threads share', () => {
  const kernelOf = (party: number) =>
    createSharedKernel({ mostRows: segmentSlots, party }) as SharedKernel;
  const [owner, reader] = [kernelOf(0), kernelOf(1)];

  binaryIndexSuite(async (storage) => {
    const index = new BinaryIndex({ quantizer, storage });
    index.share(owner);
    return index;
  }, exhaustive);

  it.each(['float32', 'float16', 'int8', 'int4', 'int2'] as const)(
    'gives others the index as it was, with vectors as %s, and is moved once',
    (storage) => {
      const index = new BinaryIndex({ quantizer, storage });
      index.add(vectors.slice(0, 300));
      index.delete([3, 4, 50]);
      const queries = vectors.slice(290, 310);
      const options = { k: 7, candidates: 60, rerank: 30 };
      const before = index.searchBatch(queries, options);
      const { segments, shared } = index.share(owner);
      index.add(vectors);
      index.delete(Array.from({ length: 250 }, (_, i) => i));
      index.update(270, vectors[0]);
      const opened = shared.map((segment, ordinal) =>
        openSharedSegment(segment, index.codes().bytesPerCode, ordinal, reader),
      );
      const search = new IndexReader({
        dimensions: 24,
        quantizer,
        segments: opened,
        prefixBits: 0,
        finder: undefined,
        source: undefined,
        locate: undefined,
      });
      // Row numbers of the first segment are places.
      expect(search.searchBatch(queries, options)).toEqual(before);
      expect(segments[0].rows.count).toBe(297);
      const again = index.share(owner).shared;
      expect(again[0].codes).toBe(index.share(owner).shared[0].codes);
      expect(again[0].vectors?.memories[0]).toBe(index.share(owner).shared[0].vectors?.memories[0]);
    },
  );
});

describe('depth', () => {
  const index = new BinaryIndex({ quantizer });
  index.add(vectors);
  const exact = new ExactIndex(24);
  exact.add(vectors);
  const query = vectors[3].map((value, i) => value + (i % 3));

  it('gives the exact answer when everything is re-ranked', () => {
    const found = index.search(query, { k: 10, candidates: 500, rerank: 500 });
    expect(found).toEqual(exact.search(query, { k: 10 }));
  });

  it('orders by Hamming distance when symmetric, by the real query when asymmetric', () => {
    const [code] = [quantizer.encode([query], 'query')];
    const symmetric = index.search(query, { k: 500, scoring: 'symmetric', rerank: 0 });
    const distances = symmetric.map(({ row }) => {
      const other = quantizer.encode([vectors[row]], 'document');
      return other.data.reduce((sum, byte, i) => sum + ones(byte ^ code.data[i]), 0);
    });
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    expect(symmetric[0].score).toBeCloseTo(Math.cos((Math.PI * distances[0]) / 24), 6);

    const asymmetric = index.search(query, { k: 500, scoring: 'asymmetric', rerank: 0 });
    const projection = quantizer.project([query], 'query').data;
    const norm = Math.hypot(...projection) * Math.sqrt(24);
    for (const { row, score } of asymmetric) {
      const signs = quantizer.project([vectors[row]], 'document').data.map((v) => (v > 0 ? 1 : -1));
      const dot = signs.reduce((sum, sign, i) => sum + sign * projection[i], 0);
      expect(score).toBeCloseTo(dot / norm, 5);
    }
  });

  it('orders by the decoded vectors when decoded, up to the byte that keeps their length', () => {
    const decoder = quantizer.decoder as LinearDecoder;
    const decoded = decoder.decode(index.codes());
    const [smallest, largest] = decoder.normRange;
    const found = index.search(query, { k: 500, candidates: 500, rerank: 0 });
    expect(found).toHaveLength(500);
    for (const { row, score } of found) {
      const vector = decoded.data.subarray(row * 24, (row + 1) * 24);
      const dot = vector.reduce((sum, value, j) => sum + value * query[j], 0);
      const norm = Math.hypot(...vector);
      const cosine = dot / norm / Math.hypot(...query);
      const error = Math.abs(cosine) * ((largest - smallest) / 255 / norm);
      expect(Math.abs(score - cosine)).toBeLessThan(error + 1e-5);
    }
  });

  it('has decoded scores only with a decoder', async () => {
    const plain = new BinaryIndex({
      quantizer: await fitQuantizer(vectors, { kind: 'itq', bits: 24, decoder: false }),
    });
    plain.add(vectors);
    expect(() => plain.search(query, { k: 1, scoring: 'decoded' })).toThrow(
      /got "decoded", expected one of symmetric, asymmetric/,
    );
    expect(plain.search(query, { k: 5, rerank: 0 })).toEqual(
      index.search(query, { k: 5, scoring: 'asymmetric', rerank: 0 }),
    );
  });

  it('takes over codes that are known already, one per vector', () => {
    const same = new BinaryIndex({ quantizer, vectors: exact.vectors, codes: index.codes() });
    expect(same.search(query, { k: 10 })).toEqual(index.search(query, { k: 10 }));
    const codes = quantizer.encode(vectors.slice(1), 'document');
    expect(() => new BinaryIndex({ quantizer, vectors: exact.vectors, codes })).toThrow(
      /499 codes for 500 vectors/,
    );
  });

  it.each([
    { rerank: -1 },
    { candidates: 0.5 },
    { scoring: 'cosine' as never },
    { oversampling: 0.5 },
    { oversampling: 2, rerank: 20 },
    { efSearch: 0 },
    { nprobe: 1.5 },
    { queryDigits: 5 as never },
  ])('refuses %o', (depth) => {
    expect(() => index.search(query, { k: 1, ...depth })).toThrow(/got .*, expected/);
  });
});

describe('filters', () => {
  const index = new BinaryIndex({ quantizer });
  index.add(vectors);
  index.delete([2, 40]);
  const query = vectors[3].map((value, i) => value + (i % 3));

  it.each([0, 1, 9, 80, 300, 498])(
    'find what a search of all rows finds among %i allowed',
    (size) => {
      // Few are looked up, many are masked: with 1 to 500 candidates, either happens.
      const random = seededRandom(size);
      const allowed = new RowSet();
      while (allowed.size < size) allowed.add(Math.floor(random() * 500));
      for (const scoring of ['symmetric', 'asymmetric', 'decoded'] as const) {
        for (const rerank of [0, 500]) {
          const all = index.search(query, { k: 500, scoring, candidates: 500, rerank });
          const expected = all.filter(({ row }) => allowed.has(row));
          const options = { k: 500, scoring, rerank, allowed };
          expect(index.search(query, { ...options, candidates: 500 })).toEqual(expected);
          const wanted = Math.min(5, expected.length);
          const few = { ...options, k: 5, rerank: Math.min(rerank, 5), candidates: 5 };
          expect(index.search(query, few)).toHaveLength(wanted);
        }
      }
    },
  );

  it('leave out rows that are not there', () => {
    const allowed = RowSet.of([2, 3, 40, 100_000]);
    expect(index.search(query, { k: 5, allowed }).map(({ row }) => row)).toEqual([3]);
  });
});

describe('a batch of queries', () => {
  it('finds for each what a search for it finds', async () => {
    const random = seededRandom(12);
    const draw = (count: number) =>
      Array.from({ length: count }, () => Array.from({ length: 128 }, () => gaussian(random)));
    const vectors = draw(1500);
    const queries = draw(21);
    const batched = await fitQuantizer(vectors, { kind: 'random', bits: 128 });
    const index = new BinaryIndex({ quantizer: batched, prefixBits: 64 });
    expect(index.searchBatch(queries, { k: 3 })).toEqual(queries.map(() => []));
    index.add(vectors);
    index.delete([0, 1, 2, 700, 1499]);
    const third = RowSet.where(1500, (row) => row % 3 === 0);
    for (const options of [
      { k: 10 },
      { k: 7, rerank: 0 },
      { k: 7, rerank: 0, scoring: 'symmetric' as const },
      {
        k: 5,
        rerank: 20,
        candidates: 300,
        scoring: 'asymmetric' as const,
        queryDigits: 8 as const,
      },
      { k: 5, rerank: 60, allowed: third },
      { k: 5, oversampling: 4 },
      { k: 5, allowed: RowSet.of([5, 6, 700]) },
      { k: 5, allowed: RowSet.of([]) },
      { k: 5, prefixes: 200 },
      { k: 0 },
    ]) {
      const expected = queries.map((query) => index.search(query, options));
      expect(index.searchBatch(queries, options)).toEqual(expected);
      expect(index.snapshot().searchBatch(queries, options)).toEqual(expected);
    }
    expect(index.searchBatch([], { k: 3 })).toEqual([]);
    expect(() => index.searchBatch([[1]], { k: 3 })).toThrow(/dimensions/);
  });
});

describe('prefixes', () => {
  const random = seededRandom(5);
  const wide = Array.from({ length: 3000 }, (_, i) =>
    // Some close families of vectors, so that the bound of the safe search is reached at times.
    Array.from(
      { length: 192 },
      (__, j) => Math.sin((i % 60) * (j + 1)) + (i / 9000) * gaussian(random),
    ),
  );
  it.each([64, 192])(
    'find the same as whole codes when all are handed on, %d bits of them',
    async (prefixBits) => {
      const scoring = 'asymmetric' as const;
      const sign = await fitQuantizer(wide, { kind: 'sign', bits: 192, decoder: false });
      const index = new BinaryIndex({ quantizer: sign, prefixBits });
      index.add(wide);
      index.delete(Array.from({ length: 800 }, (_, i) => i * 3));
      index.update(1, wide[2999] as number[]);
      for (let i = 0; i < 3000; i += 50) {
        const query = wide[i] as number[];
        const options = { k: 10, scoring, candidates: 20, rerank: 0 };
        const all = index.search(query, options);
        expect(index.search(query, { ...options, prefixes: 2201 })).toEqual(
          index.search(query, { ...options, candidates: 2201 }),
        );
        const few = index.search(query, { ...options, prefixes: 40 });
        expect(few).toHaveLength(10);
        if (index.has(i)) expect(few[0]).toEqual(all[0]);
      }
    },
  );

  it.each([4, 200, 256, -64, 0.5])('refuses %d bits of them', async (prefixBits) => {
    const sign = await fitQuantizer(wide, { kind: 'sign', bits: 192 });
    expect(() => new BinaryIndex({ quantizer: sign, prefixBits })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    );
  });

  it('refuses them where there are none, and beside symmetric scores', async () => {
    const index = new BinaryIndex({ quantizer });
    const prefixed = new BinaryIndex({ quantizer, prefixBits: 8 });
    const symmetric = { k: 1, prefixes: 9, scoring: 'symmetric' } as const;
    expect(() => prefixed.search(vectors[0], symmetric)).toThrow(/beside symmetric scoring/);
    expect(() => index.search(vectors[0], { k: 1, prefixes: 9 })).toThrow(/without prefixes/);
  });
});

describe('vectors that are fetched', () => {
  const fetched: number[][] = [];
  const source = {
    async fetchVectors(rows: readonly number[]) {
      fetched.push([...rows]);
      return rows.map((row) => vectors[row]);
    },
  };
  const create = (storage: VectorStorage = source) => {
    const index = new BinaryIndex({ quantizer, storage });
    index.add(vectors);
    return index;
  };

  it('are asked for once per search, and decide', async () => {
    const index = create();
    const stored = new BinaryIndex({ quantizer });
    stored.add(vectors);
    const options = { k: 7, rerank: 30 };
    const found = await index.searchAsync(vectors[8], options);
    expect(found).toEqual(stored.search(vectors[8], options));
    expect(await stored.searchAsync(vectors[8], options)).toEqual(found);
    expect(fetched.splice(0).map((rows) => rows.length)).toEqual([30]);
    expect(index.search(vectors[8], { k: 7, rerank: 0 })).toHaveLength(7);
  });

  it('may belong to codes that are known already', async () => {
    const codes = create().codes();
    const index = new BinaryIndex({ quantizer, codes, storage: source });
    expect(await index.searchAsync(vectors[8], { k: 7 })).toEqual(
      await create().searchAsync(vectors[8], { k: 7 }),
    );
    expect(() => new BinaryIndex({ quantizer, vectors: undefined, codes })).toThrow(
      /500 codes for 0 vectors/,
    );
  });

  it('may belong to codes that come later, one by one or by a graph', async () => {
    const codes = create().codes();
    const index = new BinaryIndex({ quantizer, storage: source });
    expect(index.addCodes(codeRange(codes, 0, 300))).toBe(0);
    await index.attach(graph({}));
    expect(index.addCodes(codeRange(codes, 300, 500))).toBe(300);
    const scanned = new BinaryIndex({ quantizer, codes, storage: source });
    for (const query of vectors.slice(0, 20)) {
      const options = { k: 7, rerank: 0 };
      const walked = index.search(query, { ...options, efSearch: 500 });
      expect(walked).toEqual(scanned.search(query, options));
    }
    const add =
      (to: BinaryIndex, given = codes) =>
      () =>
        to.addCodes(given);
    const mismatch = expect.objectContaining({ code: 'dimension-mismatch' });
    expect(add(index, { ...codes, bits: 8 })).toThrow(mismatch);
    expect(() => index.addCodes(codes, new Uint8Array(7))).toThrow(mismatch);
    expect(add(new BinaryIndex({ quantizer }))).toThrow(mismatch);
    expect(add(new BinaryIndex({ dimensions: 24, storage: source }))).toThrow(
      expect.objectContaining({ code: 'not-supported' }),
    );
    expect(index.rows).toBe(500);
  });

  it('are those of the rows that were there when the search began', async () => {
    const index = create();
    const expected = await index.searchAsync(vectors[8], { k: 7 });
    const pending = index.searchAsync(vectors[8], { k: 7 });
    index.delete(Array.from({ length: 490 }, (_, i) => i));
    index.add(vectors);
    expect(await pending).toEqual(expected);
  });

  it('are not there for what does not wait', async () => {
    const index = create();
    const unsupported = expect.objectContaining({ code: 'not-supported' });
    expect(() => index.search(vectors[0], { k: 1 })).toThrow(unsupported);
    expect(() => index.vector(0)).toThrow(unsupported);
    expect(() => index.vectors).toThrow(unsupported);
  });

  it('must be as many as asked for, finite and of one dimension', async () => {
    const answer = (vectorsOf: (rows: readonly number[]) => number[][]) =>
      create({ fetchVectors: async (rows) => vectorsOf(rows) }).searchAsync(vectors[0], { k: 3 });
    await expect(answer(() => [])).rejects.toMatchObject({ code: 'dimension-mismatch' });
    await expect(answer((rows) => rows.map(() => [1]))).rejects.toMatchObject({
      code: 'dimension-mismatch',
    });
    await expect(
      answer((rows) => rows.map(() => Array.from({ length: 24 }, () => Number.NaN))),
    ).rejects.toMatchObject({ code: 'not-finite' });
    await expect(
      create().searchAsync(vectors[0], { k: 1, signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
    const broken = create({ fetchVectors: async () => Promise.reject(new Error('offline')) });
    await expect(broken.searchAsync(vectors[0], { k: 1 })).rejects.toThrow('offline');
  });

  it('refuses storages it does not know', () => {
    expect(() => create('float8' as never)).toThrow(/got "float8", expected one of float32/);
  });
});

it.each([
  ['float16', 48, 0.01],
  ['int8', 28, 0.01],
  ['int4', 16, 0.15],
  ['int2', 12, 0.5],
] as const)('finds nearly the same with vectors in %s', (storage, bytes, tolerance) => {
  const exact = new ExactIndex(24);
  exact.add(vectors);
  const added = new BinaryIndex({ quantizer, storage });
  added.add(vectors);
  const takenOver = new BinaryIndex({ quantizer, vectors: exact.vectors, storage });
  for (const query of vectors.slice(0, 20)) {
    const found = added.search(query, { k: 10, candidates: 500, rerank: 500 });
    expect(takenOver.search(query, { k: 10, candidates: 500, rerank: 500 })).toEqual(found);
    for (const [i, { score }] of exact.search(query, { k: 10 }).entries()) {
      expect(Math.abs((found[i]?.score ?? 0) - score)).toBeLessThan(tolerance);
    }
  }
  expect(added.bytesPerVector).toBe(bytes);
});

function ones(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}
