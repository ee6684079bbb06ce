import { describe, expect, it } from 'vitest';
import { encodeFile } from '../../format/file.ts';
import { BinaryIndex } from '../../search/binary-index.ts';
import { ExactIndex } from '../../search/exact-index.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { fitQuantizer } from '../fit.ts';
import { loadQuantizer } from '../load.ts';

const random = seededRandom(4);
const middles = Array.from({ length: 20 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);

describe('more random bits than dimensions', () => {
  const vectors = Array.from({ length: 1000 }, () => near(Math.floor(20 * random())));
  const queries = Array.from({ length: 60 }, () => near(Math.floor(20 * random())));
  const exact = new ExactIndex(24);
  exact.add(vectors);

  it.each([48, 64, 150])('find more than as many as dimensions, %i of 24', async (bits) => {
    expect(await found(bits)).toBeGreaterThan((await found(24)) + 0.1);
  });

  it.each([60, 64])('are the same when they are saved and loaded, %i of 24', async (bits) => {
    const quantizer = await fitQuantizer(vectors, { kind: 'random', bits });
    const loaded = loadQuantizer(quantizer.save());
    expect([loaded.bits, loaded.inputDimensions]).toEqual([bits, 24]);
    for (const side of ['document', 'query'] as const) {
      expect(loaded.encode(vectors, side)).toEqual(quantizer.encode(vectors, side));
    }
  });

  /** The share of the nearest that are among as many of the nearest by code. */
  async function found(bits: number): Promise<number> {
    const quantizer = await fitQuantizer(vectors, { kind: 'random', bits });
    const index = new BinaryIndex({ quantizer });
    index.add(vectors);
    let shared = 0;
    for (const query of queries) {
      const rows = exact.search(query, { k: 10 }).map(({ row }) => row);
      const options = { k: 10, rerank: 0, scoring: 'symmetric' } as const;
      shared += index.search(query, options).filter(({ row }) => rows.includes(row)).length;
    }
    return shared / (10 * queries.length);
  }

  function near(middle: number): number[] {
    return middles[middle].map((value) => value + gaussian(random));
  }
});

describe('a file of a random rotation', () => {
  const tensors = {
    bias: { shape: [64], data: new Float32Array(64) },
    document_thresholds: { shape: [64], data: new Float32Array(64) },
    query_thresholds: { shape: [64], data: new Float32Array(64) },
    flips: { shape: [320], data: new Uint8Array(320) },
  };
  const fields = { kind: 'random', form: 'hadamard', inputDimensions: 64, bits: 64 };
  const file = (changed: object, changedTensors: object = {}) =>
    encodeFile({
      kind: 'quantizer',
      fields: { ...fields, ...changed },
      tensors: { ...tensors, ...changedTensors },
    });

  it('is small: it says what is negated, and no matrix', async () => {
    const vectors = Array.from({ length: 90 }, () => Float32Array.from({ length: 384 }, random));
    const quantizer = await fitQuantizer(vectors, { kind: 'random', bits: 384, decoder: false });
    expect(quantizer.save().length).toBeLessThan(8000);
  });

  it('is refused where it cannot be one', () => {
    expect(loadQuantizer(file({})).bits).toBe(64);
    // As many flips are right where there is a dimension less than bits.
    expect(loadQuantizer(file({ inputDimensions: 63 })).inputDimensions).toBe(63);
    for (const damaged of [
      file({ inputDimensions: 128 }),
      file(
        { inputDimensions: 3, bits: 3 },
        {
          bias: { shape: [3], data: new Float32Array(3) },
          document_thresholds: { shape: [3], data: new Float32Array(3) },
          query_thresholds: { shape: [3], data: new Float32Array(3) },
          flips: { shape: [10], data: new Uint8Array(10) },
        },
      ),
      file({}, { flips: { shape: [319], data: new Uint8Array(319) } }),
      file({}, { flips: { shape: [320], data: new Uint8Array(320).fill(2) } }),
      file({}, { flips: { shape: [320], data: new Float32Array(320) } }),
    ]) {
      expect(() => loadQuantizer(damaged)).toThrow(
        expect.objectContaining({ code: 'invalid-file' }),
      );
    }
  });
});
