import { describe, expect, it } from 'vitest';
import { crc32 } from '../../format/crc32.ts';
import { decodeFile, encodeFile } from '../../format/file.ts';
import { AutoIndex } from '../../search/auto-index.ts';
import { BinaryIndex } from '../../search/binary-index.ts';
import { ExactIndex } from '../../search/exact-index.ts';
import { graph } from '../../search/finders/graph/graph.ts';
import { lists } from '../../search/finders/lists/lists.ts';
import { loadIndex, saveIndex } from '../../search/index-file.ts';
import { RowSet } from '../../search/rows/row-set.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { fitQuantizer } from '../fit.ts';
import { loadQuantizer } from '../load.ts';
import { quantizerSuite } from '../quantizer.suite.ts';
import { ResidualDecoder } from './residual-decoder.ts';
import { ResidualQuantizer } from './residual-quantizer.ts';

describe('residual', () => {
  quantizerSuite(
    (documents, bits, queries) => fitQuantizer(documents, { kind: 'residual', bits, queries }),
    [
      [8, 16],
      [33, 24],
      [70, 64],
    ],
  );
});

const dimensions = 24;
const random = seededRandom(3);
const middles = Array.from({ length: 40 }, () =>
  Array.from({ length: dimensions }, () => gaussian(random)),
);
const documents = near(3000);
const queries = near(60);
/** All of them are learned from, so that lengths are in range. */
const check = false;
const options = { kind: 'residual', bits: 64, residual: { firstBits: 24 }, check } as const;
const fitting = fitQuantizer(documents, options);
const exact = new ExactIndex(dimensions);
exact.add(documents);

describe('codes in two parts', () => {
  it('are as long as is said, or about a third of the whole, in whole bytes', async () => {
    expect((await fitting).firstBits).toBe(24);
    const some = rowRange(documents, 0, 300);
    expect((await fitQuantizer(some, { kind: 'residual', bits: 40 })).firstBits).toBe(16);
    const first = (firstBits: number) => ({ residual: { firstBits } });
    for (const wrong of [{ bits: 8 }, { bits: 36 }, first(64), first(12)]) {
      await expect(fitQuantizer(some, { ...options, ...wrong })).rejects.toMatchObject({
        code: 'invalid-option',
      });
    }
  });

  it('restore more with each byte, and lengths in a byte', async () => {
    const quantizer = await fitting;
    const codes = quantizer.encode(documents, 'document');
    const { decoder } = quantizer;
    const restored = decoder?.decode(codes) as Matrix;
    const unit = normalizeRows(documents);
    const shares = [16, 24, 40].map((bits) => {
      return fitQuantizer(documents, { ...options, residual: { firstBits: 8 }, bits }).then(
        (each) => lost(unit, each.decoder?.decode(each.encode(documents, 'document')) as Matrix),
      );
    });
    const [two, three, five] = await Promise.all(shares);
    expect(three).toBeLessThan(two);
    expect(five).toBeLessThan(three);
    expect(lost(unit, restored)).toBeLessThan(0.05);
    const lengths = decoder?.norms(codes) as Float32Array;
    const kept = decoder?.encodeNorms(codes) as Uint8Array;
    const inverse = decoder?.inverseNorms() as Float32Array;
    for (let i = 0; i < codes.rows; i++) {
      expect(Math.hypot(...row(restored, i))).toBeCloseTo(lengths[i], 4);
      expect(1 / inverse[kept[i]]).toBeCloseTo(lengths[i], 2);
    }
  });

  it('are scored by what both parts are decoded to', async () => {
    const quantizer = await fitting;
    const index = new BinaryIndex({ quantizer });
    index.add(documents);
    const codes = index.codes();
    const decoded = normalizeRows(quantizer.decoder?.decode(codes) as Matrix);
    const query = row(normalizeRows(queries), 0);
    for (const { row: found, score } of index.search(query, { k: 20, rerank: 0 })) {
      const cosine = row(decoded, found).reduce((sum, value, j) => sum + value * query[j], 0);
      expect(score).toBeCloseTo(cosine, 2);
    }
  });

  it('find as much as the bytes tell, by a scan of the first part', async () => {
    const quantizer = await fitting;
    const index = new BinaryIndex({ quantizer });
    index.add(documents);
    expect(index.prefixBits).toBe(24);
    const all = recall(index, { rerank: 0, candidates: 3000 });
    expect(all).toBeGreaterThan(0.8);
    expect(recall(index, { rerank: 0, candidates: 600 })).toBeGreaterThan(all - 0.03);
    const first = await fitQuantizer(documents, { kind: 'itq', bits: 24 });
    const bitsOnly = new BinaryIndex({ quantizer: first });
    bitsOnly.add(documents);
    expect(all).toBeGreaterThan(recall(bitsOnly, { rerank: 0, candidates: 3000 }) + 0.1);
    // The first part counts as a code by itself.
    for (const scoring of ['symmetric', 'asymmetric'] as const) {
      expect(recall(index, { rerank: 0, scoring, candidates: 3000 })).toBeGreaterThan(0.2);
      expect(recall(index, { rerank: 0, scoring, candidates: 3000 })).toBeLessThan(all);
    }
    expect(recall(index, { rerank: 100 })).toBeGreaterThan(0.97);
    const options = { k: 3, rerank: 0 };
    const batch = index.searchBatch(queries, options);
    expect(batch[7]).toEqual(index.search(row(queries, 7), options));
    const allowed = RowSet.of(Array.from({ length: 1500 }, (_, i) => 2 * i));
    const found = index.search(row(queries, 1), { k: 10, rerank: 0, allowed });
    expect(found.length).toBe(10);
    expect(found.every(({ row: each }) => each % 2 === 0)).toBe(true);
  });

  it('are kept in files, of the quantizer and of an index', async () => {
    const quantizer = await fitting;
    const index = new BinaryIndex({ quantizer });
    index.add(documents);
    const loaded = await loadIndex(Uint8Array.from(Buffer.concat([...saveIndex(index)])));
    expect(loaded.prefixBits).toBe(24);
    const options = { k: 5, rerank: 0 };
    for (let i = 0; i < 5; i++) {
      expect(loaded.search(row(queries, i), options)).toEqual(
        index.search(row(queries, i), options),
      );
    }
  });

  it('are scanned or listed, and in no graph', async () => {
    const quantizer = await fitting;
    const index = new BinaryIndex({ quantizer });
    index.add(documents);
    await expect(index.attach(graph())).rejects.toMatchObject({ code: 'not-supported' });
    await expect(index.attach(lists({ centroids: 'codes' }))).rejects.toThrow(/codes in two parts/);
    const before = recall(index, { rerank: 0 });
    await index.attach(lists({ nlist: 20 }));
    expect(recall(index, { rerank: 0, nprobe: 20 })).toBeGreaterThan(before - 0.02);
  });

  it('are scanned by an index that follows its collection', async () => {
    const index = new AutoIndex({ dimensions, quantizer: await fitting });
    index.add(documents);
    index.add(documents);
    await index.settled();
    expect(index.finder).toBe('scan');
    const { row: nearest } = index.search(row(queries, 0), { k: 1 })[0];
    expect(nearest).toBe(exact.search(row(queries, 0), { k: 1 })[0].row);
  });

  function recall(
    index: BinaryIndex,
    depth: Parameters<BinaryIndex['search']>[1] | object,
  ): number {
    let shared = 0;
    for (let i = 0; i < queries.rows; i++) {
      const rows = new Set(exact.search(row(queries, i), { k: 10 }).map((each) => each.row));
      const found = index.search(row(queries, i), { k: 10, ...depth });
      shared += found.filter((each) => rows.has(each.row)).length;
    }
    return shared / (10 * queries.rows);
  }
});

describe('the file of codes in two parts', () => {
  const drawn = seededRandom(9);
  const draw = (rows: number, columns: number): Matrix => {
    const data = Float32Array.from({ length: rows * columns }, () => drawn() - 0.5);
    return { rows, columns, data };
  };
  const encoder = { weights: draw(16, 12), bias: draw(1, 16).data, inputDimensions: 12 };
  const reconstruction = { weights: draw(12, 16), bias: draw(1, 12).data, inputDimensions: 16 };
  const map = { weights: draw(12, 16), bias: draw(1, 12).data, inputDimensions: 16 };
  const quantizer = new ResidualQuantizer({
    first: { encoder, reconstruction },
    decoder: new ResidualDecoder(map, draw(2 * 256, 12), [0.5, 2]),
    beam: 4,
  });

  it('gives the bits that it gave when it was published', () => {
    const vectors = draw(3, 12);
    const loaded = loadQuantizer(quantizer.save());
    const hex = (side: 'document' | 'query') =>
      Buffer.from(loaded.encode(vectors, side).data).toString('hex');
    expect(crc32(quantizer.save(), 0)).toBe(1819233811);
    expect(hex('document')).toBe('3b49ed0f00000000101c061800000000b81c361800000000');
    expect(hex('query')).toBe('7b7f000000000000b50c00000000000089c6000000000000');
  });

  it.each([
    { firstBits: 12 },
    { firstBits: 32 },
    { firstBits: '16' },
    { beam: 0 },
    { beam: 1.5 },
    { bits: 40 },
  ])('is refused with %j', (changed) => {
    const { fields, tensors } = decodeFile(quantizer.save(), 'quantizer', false);
    const file = encodeFile({ kind: 'quantizer', fields: { ...fields, ...changed }, tensors });
    expect(() => loadQuantizer(file)).toThrow(/quantizer file: /);
  });
});

/** The share of vectors that is lost, in squares. */
function lost(vectors: Matrix, restored: Matrix): number {
  let left = 0;
  for (let p = 0; p < vectors.data.length; p++) left += (vectors.data[p] - restored.data[p]) ** 2;
  return left / vectors.rows;
}

function near(count: number): Matrix {
  const vectors = zeros(count, dimensions);
  for (let i = 0; i < count; i++) {
    const middle = middles[Math.floor(middles.length * random())];
    for (let j = 0; j < dimensions; j++) {
      vectors.data[i * dimensions + j] = middle[j] + 0.5 * gaussian(random);
    }
  }
  return vectors;
}
