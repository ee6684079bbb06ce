import { describe, expect, it } from 'vitest';
import { bitAt } from '../codes/codes.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { loadQuantizer } from './load.ts';
import type { Quantizer, Side } from './quantizer.ts';

const sides = ['document', 'query'] as const;

/** Dimensions and bits: none that are round. */
const oddSizes: readonly (readonly [dimensions: number, bits: number])[] = [
  [1, 1],
  [7, 5],
  [33, 33],
  [70, 63],
  [66, 65],
];

/**
 * What every quantizer must do; `fit` learns one from vectors and, if it cares, queries.
 *
 * @param sizes what it is asked for, where it cannot give any
 */
export function quantizerSuite(
  fit: (documents: Matrix, bits: number, queries: Matrix) => Promise<Quantizer>,
  sizes: typeof oddSizes = oddSizes,
): void {
  const fewBits = sizes === oddSizes ? 8 : 16;

  describe.each(sizes)('%i dimensions to %i bits', (dimensions, bits) => {
    const documents = randomMatrix(100, dimensions, 1);
    const queries = randomMatrix(30, dimensions, 2);
    const others = randomMatrix(41, dimensions, 3);
    let fitting: Promise<Quantizer> | undefined;
    /** One for all that only look at it. */
    const fitted = () => {
      fitting ??= fit(documents, bits, queries);
      return fitting;
    };

    it('encodes the signs of its projection, padded with zero bits', async () => {
      const quantizer = await fitted();
      expect([quantizer.inputDimensions, quantizer.bits]).toEqual([dimensions, bits]);
      for (const side of sides) {
        const codes = quantizer.encode(others, side);
        const real = quantizer.project(others, side);
        expect([codes.rows, codes.bits, real.rows, real.columns]).toEqual([41, bits, 41, bits]);
        expect(codes.bytesPerCode % 8).toBe(0);
        const length = codes.bytesPerCode * 8;
        for (let i = 0; i < 41; i++) {
          const row = Array.from({ length }, (_, j) => bitAt(codes, i, j));
          const signs = Array.from(row, (_, j) =>
            j < bits && real.data[i * bits + j] > 0 ? 1 : 0,
          );
          expect(row.join('')).toBe(signs.join(''));
        }
      }
    });

    it('is the same after saving and loading, to the byte', async () => {
      const quantizer = await fitted();
      const file = quantizer.save();
      const loaded = loadQuantizer(file);
      expect(Buffer.compare(loaded.save(), file)).toBe(0);
      expect(loaded.kind).toBe(quantizer.kind);
      for (const side of sides) {
        expect(loaded.encode(others, side)).toEqual(quantizer.encode(others, side));
        expect(loaded.project(others, side)).toEqual(quantizer.project(others, side));
      }
    });

    it('is the same when fitted again', async () => {
      const first = await fitted();
      expect(Buffer.compare((await fit(documents, bits, queries)).save(), first.save())).toBe(0);
    });

    it('looks at directions only, and at each vector by itself', async () => {
      const quantizer = await fitted();
      // A power of two scales without rounding.
      const longer = { ...others, data: others.data.map((value) => value * 1024) };
      expect(quantizer.encode(longer, 'document')).toEqual(quantizer.encode(others, 'document'));
      const row = others.data.subarray(5 * dimensions, 6 * dimensions);
      expect(quantizer.project([row], 'query').data).toEqual(
        quantizer.project(others, 'query').data.subarray(5 * bits, 6 * bits),
      );
    });
  });

  const few = randomMatrix(50, 16, 4);
  const before = few.data.slice();
  let fittingFew: Promise<Quantizer> | undefined;
  const fittedFew = () => {
    fittingFew ??= fit(few, fewBits, few);
    return fittingFew;
  };

  it('leaves the vectors as they are', async () => {
    const quantizer = await fittedFew();
    quantizer.encode(few, 'document');
    expect(few.data).toEqual(before);
  });

  it('encodes no vectors and zero vectors', async () => {
    const quantizer = await fittedFew();
    expect(quantizer.encode([], 'document').rows).toBe(0);
    expect(quantizer.encode([new Float32Array(16)], 'query').rows).toBe(1);
  });

  it('refuses vectors of another dimension and values that are no finite numbers', async () => {
    const quantizer = await fittedFew();
    const others = Array.from({ length: 12 }, () => 1);
    for (const method of ['encode', 'project'] as const) {
      const call = (vectors: Vectors, side: Side) => quantizer[method](vectors, side);
      expect(() => call([[1, 2, 3]], 'document')).toThrow(/got 3 dimensions, expected 16/);
      expect(() => call([[1, 2, 3, Number.NaN, ...others]], 'query')).toThrow(
        /got NaN at dimension 3/,
      );
      expect(() => call([[1, 2, 3, 1e300, ...others]], 'query')).toThrow(
        /got Infinity at dimension 3/,
      );
      expect(() => call([[1, 2, 3, '4' as never, ...others]], 'query')).toThrow(
        /got 4 at dimension 3/,
      );
    }
  });
}

function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: rows * columns }, () => gaussian(random) + 0.3);
  return { rows, columns, data };
}
