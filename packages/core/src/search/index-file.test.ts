import { describe, expect, it } from 'vitest';
import { crc32 } from '../format/crc32.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { BinaryIndex } from './binary-index.ts';
import { ExactIndex } from './exact-index.ts';
import type { FinderPlan } from './finders/finder.ts';
import { graph } from './finders/graph/graph.ts';
import { lists } from './finders/lists/lists.ts';
import { loadIndex, saveIndex } from './index-file.ts';
import type { VectorStorage } from './vectors/vector-storage.ts';

const random = seededRandom(6);
const vectors = Array.from({ length: 1500 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);
const queries = vectors.slice(0, 20).map((vector) => vector.map((value, i) => value + (i % 3)));
const decoded = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });
const undecoded = await fitQuantizer(vectors, { kind: 'random', bits: 96, decoder: false });

function bytesOf(index: BinaryIndex): Uint8Array {
  return Uint8Array.from(Buffer.concat([...saveIndex(index)]));
}

describe.each([
  ['exact', undefined, undefined],
  ['a scan', decoded, undefined],
  ['a graph', decoded, graph({ M: 4 })],
  ['a graph without a decoder', undecoded, graph()],
  ['lists', decoded, lists({ nlist: 12 })],
  ['lists of codes', undecoded, lists({ nlist: 12, centroids: 'codes' })],
  ['lists with two copies', decoded, lists({ nlist: 12, copies: 2 })],
] as const)('%s', (_, quantizer, plan) => {
  it.each(['float32', 'float16', 'int8', 'int4', 'int2'] as const)(
    'comes back as it was, with vectors as %s',
    async (storage) => {
      const index = await changedIndex(storage);
      // A Buffer at an odd place.
      const loaded = await loadIndex(Buffer.from([0, ...bytesOf(index)]).subarray(1));
      expect([loaded.rows, loaded.finder, loaded.prefixBits]).toEqual([
        index.rows,
        index.finder,
        index.prefixBits,
      ]);
      expect(answers(loaded)).toEqual(answers(index));
      // And behaves alike from then on.
      for (const each of [index, loaded]) {
        expect(each.add(vectors.slice(0, 30))).toBe(1500);
        each.delete([20, 21, 1501]);
        each.update(40, vectors[41]);
        await each.maintain();
      }
      expect(answers(loaded)).toEqual(answers(index));
      expect(loaded.bytesPerVector).toBe(index.bytesPerVector);
    },
  );

  it('is refused, cut anywhere or with any byte changed', async () => {
    const file = bytesOf(await changedIndex('float16'));
    const draw = seededRandom(3);
    for (let i = 0; i < 60; i++) {
      const at = Math.floor(draw() * file.length);
      await expect(loadIndex(file.subarray(0, at))).rejects.toMatchObject({
        code: expect.stringMatching(/^(truncated-file|invalid-file)$/),
      });
      const flipped = file.slice();
      flipped[at] ^= 1 << Math.floor(draw() * 8);
      await expect(loadIndex(flipped)).rejects.toMatchObject({
        code: expect.stringMatching(
          /^(checksum-mismatch|truncated-file|invalid-file|unsupported-version)$/,
        ),
      });
    }
  });

  async function changedIndex(storage: VectorStorage): Promise<BinaryIndex> {
    const index = new BinaryIndex({
      dimensions: 24,
      quantizer,
      storage,
      prefixBits: quantizer && 8,
    });
    index.add(vectors);
    if (plan) await index.attach(plan as FinderPlan);
    index.delete([0, 3, 77, 1499]);
    for (let row = 100; row < 110; row++) index.update(row, vectors[row + 1]);
    return index;
  }
});

function answers(index: BinaryIndex): unknown {
  return queries.map((query) => index.search(query, { k: 10, rerank: 20, efSearch: 30 }));
}

it.each([
  ['int8', 1773387752],
  ['int4', 3898911117],
  ['int2', 2042390287],
] as const)('is the same file as before, with vectors as %s (golden)', async (storage, golden) => {
  const index = new BinaryIndex({ dimensions: 24, storage });
  index.add([0, 1, 2].map((i) => Array.from({ length: 24 }, (_, j) => ((i + j * 7) % 5) - 1.75)));
  const file = bytesOf(index);
  expect(crc32(file, 0)).toBe(golden);
  const loaded = await loadIndex(file);
  for (let row = 0; row < 3; row++) {
    expect(loaded.vector(row)).toEqual(index.vector(row));
    expect(loaded.search(index.vector(row), { k: 3 })).toEqual(
      index.search(index.vector(row), { k: 3 }),
    );
  }
});

it('refuses vectors of a format that it does not know', async () => {
  const index = new BinaryIndex({ dimensions: 24, storage: 'int4' });
  index.add(vectors.slice(0, 3));
  const file = bytesOf(index);
  const text = Buffer.from(file).toString('latin1').replace('int4', 'int3');
  const changed = Uint8Array.from(Buffer.from(text, 'latin1'));
  const view = new DataView(changed.buffer);
  // With the checksum of the header as it is now: behind it is that of the only block.
  const header = 8 + Number(view.getBigUint64(0, true));
  view.setUint32(changed.length - 8, crc32(changed.subarray(0, header), 0), true);
  await expect(loadIndex(changed)).rejects.toMatchObject({
    code: 'invalid-file',
    message: expect.stringContaining('vectors as int3'),
  });
});

it('names where a bit was flipped', async () => {
  const index = new ExactIndex(24);
  index.add(vectors);
  const file = bytesOf(index);
  file[file.length - 8000] ^= 4;
  await expect(loadIndex(file)).rejects.toThrow(
    /another checksum in (vectors|rows), between bytes/,
  );
});

it('keeps what was said of an empty index, and takes other storage', async () => {
  expect((await loadIndex(bytesOf(new ExactIndex(24)))).dimensions).toBe(24);
  const empty = await loadIndex(bytesOf(new BinaryIndex({ quantizer: decoded, prefixBits: 16 })));
  expect([empty.rows, empty.dimensions, empty.prefixBits]).toEqual([0, 24, 16]);
  const index = new BinaryIndex({ quantizer: decoded });
  index.add(vectors);
  const smaller = await loadIndex(bytesOf(index), { storage: 'int8' });
  expect(smaller.bytesPerVector).toBe(28);
  expect(smaller.search(vectors[7], { k: 1 })[0].row).toBe(7);
});

it('leaves vectors that are fetched where they are', async () => {
  const storage = {
    fetchVectors: async (rows: readonly number[]) => rows.map((row) => vectors[row]),
  };
  const index = new BinaryIndex({ quantizer: decoded, storage });
  index.add(vectors);
  const file = bytesOf(index);
  expect(file.length).toBeLessThan(1500 * 24 * 4);
  await expect(loadIndex(file)).rejects.toThrow(/storage: got none/);
  const loaded = await loadIndex(file, { storage });
  expect(await loaded.searchAsync(queries[3], { k: 5 })).toEqual(
    await index.searchAsync(queries[3], { k: 5 }),
  );
});

it('refuses to save what is changed meanwhile', () => {
  const index = new ExactIndex(24);
  index.add(vectors);
  const pieces = saveIndex(index);
  pieces.next();
  index.add(vectors.slice(0, 1));
  expect(() => [...pieces]).toThrow(expect.objectContaining({ code: 'not-supported' }));
});

it('allocates nothing that a header only claims', async () => {
  const index = new ExactIndex(24);
  index.add(vectors);
  const text = Buffer.from(bytesOf(index)).toString('latin1');
  // As many digits, so that the header stays as long.
  const claimed = Buffer.from(text.replace('[1500,24]', '[9999,99]'), 'latin1');
  await expect(loadIndex(claimed)).rejects.toMatchObject({
    code: expect.stringMatching(/truncated-file|invalid-file/),
  });
  const long = Buffer.from(bytesOf(index));
  long.writeBigUInt64LE(2n ** 60n);
  await expect(loadIndex(long)).rejects.toMatchObject({ code: 'invalid-file' });
});
