import { expect, it } from 'vitest';
import { fitQuantizer } from '../../quantizers/fit.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange, zeros } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { BinaryIndex } from '../binary-index.ts';
import { ExactIndex } from '../exact-index.ts';
import { VectorRows } from '../vectors/vector-rows.ts';
import { RowSet } from './row-set.ts';
import { SegmentedRows } from './segmented-rows.ts';

const dimensions = 8;
const vectors = randomVectors(150_000);
const quantizer = await fitQuantizer(rowRange(vectors, 0, 1000), { kind: 'sign', bits: 8 });
const exhaustive = { k: 20, candidates: 2000, rerank: 2000 };

it('scans several segments as if they were one', () => {
  const index = new BinaryIndex({ quantizer });
  index.add(vectors);
  const codes = index.codes();
  const query = row(vectors, 140_001);
  const code = quantizer.encode([query], 'query').data[0];
  // Codes of 8 bits: ties everywhere, also across segments.
  const expected = Array.from({ length: vectors.rows }, (_, i) => i)
    .map((i) => ({ i, distance: ones((codes.data[i * 8] as number) ^ code) }))
    .sort((a, b) => a.distance - b.distance || a.i - b.i)
    .slice(0, 30_000)
    .map(({ i }) => i);
  const found = index.search(query, { k: 30_000, scoring: 'symmetric', rerank: 0 });
  expect(found.map((scored) => scored.row)).toEqual(expected);
});

it('keeps what there is where a segment cannot be compacted, and tries again', () => {
  let isFull = false;
  const written: number[] = [];
  const rows = new SegmentedRows(() => ({
    appendFrom: () => {
      if (isFull) throw new Error('ENOSPC');
    },
  }));
  rows.append(1000, (_, start, end) => written.push(end - start));
  isFull = true;
  for (let row = 0; row < 400; row++) expect(rows.delete(row)).toBe(true);
  expect(rows.count).toBe(600);
  expect(rows.segments[0].rows.slots).toBe(1000);
  for (let row = 400; row < 1000; row++) expect(rows.find(row)?.slot).toBe(row);
  isFull = false;
  rows.delete(400);
  expect(rows.segments[0].rows.slots).toBe(599);
  for (let row = 401; row < 1000; row++) expect(rows.find(row)?.slot).toBe(row - 401);
});

it('keeps numbers through compaction and merging, also those beyond a segment', () => {
  const index = new BinaryIndex({ quantizer });
  index.add(vectors);
  const doomed = Array.from({ length: 150_000 }, (_, i) => i).filter((i) => i % 10 !== 1);
  index.delete(doomed);
  expect(index.rows).toBe(15_000);
  expect(index.contents.rows.segments.length).toBeLessThan(3);
  const exact = new ExactIndex(dimensions);
  exact.add(vectors);
  exact.delete(doomed);
  expect(exact.vectors.rows).toBe(15_000);
  const allowed = RowSet.where(150_000, (i) => i % 1000 === 1);
  for (const i of [1, 70_001, 149_991]) {
    const query = row(vectors, i);
    expect(index.vector(i)).toEqual(exact.vector(i));
    const options = { ...exhaustive, allowed };
    expect(index.search(query, options)).toEqual(exact.search(query, options));
  }
  expect([...index.blocks()].reduce((sum, { rows }) => sum + rows, 0)).toBe(15_000);
  expect(index.codes().rows).toBe(15_000);
});

it('a snapshot does not see what is changed after it', () => {
  for (const index of [new BinaryIndex({ quantizer }), new ExactIndex(dimensions)]) {
    index.add(rowRange(vectors, 0, 3000));
    index.delete([1, 2, 3]);
    const query = row(vectors, 77);
    const before = index.search(query, exhaustive);
    const snapshot = index.snapshot();
    index.add(rowRange(vectors, 0, 3000));
    index.update(77, row(vectors, 5));
    const gone = before.map((scored) => scored.row).filter((number) => number !== 77);
    index.delete(gone);
    expect(snapshot.search(query, exhaustive)).toEqual(before);
    // As many that the segment is compacted.
    index.delete(Array.from({ length: 2500 }, (_, i) => i));
    index.add(rowRange(vectors, 3000, 6000));
    expect(snapshot.search(query, exhaustive)).toEqual(before);
    expect(snapshot.rows).toBe(2997);
    const rest = { ...exhaustive, allowed: RowSet.of(gone) };
    expect(snapshot.search(query, rest).map((scored) => scored.row)).toEqual(gone);
    expect(index.search(query, rest)).toEqual([]);
  }
});

it('an index that is given codes keeps its rows and their numbers', async () => {
  const exact = new ExactIndex(dimensions);
  exact.add(rowRange(vectors, 0, 2000));
  exact.delete([0, 4, 1999]);
  exact.update(9, row(vectors, 2500));
  const index = new BinaryIndex({ dimensions });
  index.add(rowRange(vectors, 0, 2000));
  index.delete([0, 4, 1999]);
  index.update(9, row(vectors, 2500));
  await index.encode(quantizer);
  expect([index.rows, index.add([row(vectors, 3)])]).toEqual([1997, 2000]);
  index.delete([2000]);
  for (const i of [2500, 5, 1999]) {
    const query = row(vectors, i);
    expect(index.search(query, exhaustive)).toEqual(exact.search(query, exhaustive));
  }
  await index.encode(quantizer, { prefixBits: 8 });
  expect(index.search(row(vectors, 2500), { k: 1, prefixes: 200 })[0]?.row).toBe(9);
});

it('indexes on the same vectors may both grow', () => {
  const exact = new ExactIndex(dimensions);
  exact.add(rowRange(vectors, 0, 100));
  const index = new BinaryIndex({ quantizer, vectors: exact.vectors });
  exact.add([row(vectors, 200)]);
  index.add([row(vectors, 300)]);
  expect(exact.search(row(vectors, 200), { k: 1 })[0]?.score).toBeCloseTo(1, 6);
  expect(index.search(row(vectors, 300), { k: 1 })[0]?.row).toBe(100);
  expect(exact.search(row(vectors, 300), { k: 1 })[0]?.score).toBeLessThan(0.999);
});

it('adds nothing when a store of vectors fails, and goes on afterwards', () => {
  let isFull = false;
  const index = new BinaryIndex({
    quantizer,
    storage: () => {
      const stored = new VectorRows(dimensions);
      const append = stored.append.bind(stored);
      stored.append = (matrix) => {
        if (isFull) throw new Error('disk full');
        // In the middle of the next addition.
        isFull = stored.rows + matrix.rows > 60_000;
        append(matrix);
      };
      return stored;
    },
  });
  index.add(rowRange(vectors, 0, 100));
  expect(() => index.add(rowRange(vectors, 0, 70_000))).toThrow('disk full');
  expect(index.rows).toBe(100);
  isFull = false;
  const first = index.add(rowRange(vectors, 200, 300));
  expect(index.rows).toBe(200);
  const [found] = index.search(row(vectors, 250), { k: 1, candidates: 200, rerank: 200 });
  expect(found?.row).toBe(first + 50);
});

function randomVectors(rows: number): Matrix {
  const random = seededRandom(8);
  const matrix = zeros(rows, dimensions);
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i] = gaussian(random);
  return matrix;
}

function ones(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}
