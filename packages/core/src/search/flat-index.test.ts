import { describe, expect, it } from 'vitest';
import { fitQuantizer } from '../quantizers/fit-quantizer.ts';
import type { LinearDecoder } from '../quantizers/linear-decoder.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { ExactIndex } from './exact-index.ts';
import { FlatIndex } from './flat-index.ts';
import { vectorIndexSuite } from './vector-index.suite.ts';

const random = seededRandom(2);
const vectors = Array.from({ length: 500 }, () =>
  Array.from({ length: 24 }, () => gaussian(random)),
);
const quantizer = await fitQuantizer(vectors, { kind: 'itq', bits: 24 });

const exhaustive = { candidates: 1e6, rerank: 1e6 };

vectorIndexSuite(async () => new FlatIndex(quantizer), exhaustive);

describe('depth', () => {
  const index = new FlatIndex(quantizer);
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
    const plain = new FlatIndex(
      await fitQuantizer(vectors, { kind: 'itq', bits: 24, decoder: false }),
    );
    plain.add(vectors);
    expect(() => plain.search(query, { k: 1, scoring: 'decoded' })).toThrow(
      /got "decoded", expected one of symmetric, asymmetric/,
    );
    expect(plain.search(query, { k: 5, rerank: 0 })).toEqual(
      index.search(query, { k: 5, scoring: 'asymmetric', rerank: 0 }),
    );
  });

  it('takes over codes that are known already, one per vector', () => {
    const same = new FlatIndex(quantizer, exact.vectors, index.codes());
    expect(same.search(query, { k: 10 })).toEqual(index.search(query, { k: 10 }));
    const codes = quantizer.encode(vectors.slice(1), 'document');
    expect(() => new FlatIndex(quantizer, exact.vectors, codes)).toThrow(
      /499 codes for 500 vectors/,
    );
  });

  it.each([{ rerank: -1 }, { candidates: 0.5 }, { scoring: 'cosine' as never }])(
    'refuses %o',
    (depth) => {
      expect(() => index.search(query, { k: 1, ...depth })).toThrow(/got .*, expected/);
    },
  );
});

function ones(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}
