import { describe, expect, it } from 'vitest';
import type { AffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import { gaussian, seededRandom } from '../../vectors/random.ts';
import { localFields } from './choose-codes.ts';

const bits = 6;
const dimensions = 4;
const random = seededRandom(3);
const vectors = randomMatrix(200, dimensions, 1);
const encoder: AffineMap = {
  weights: randomMatrix(bits, dimensions, 1),
  bias: randomMatrix(1, bits, 0.1).data,
  inputDimensions: dimensions,
};
const decoder: AffineMap = {
  weights: randomMatrix(dimensions, bits, 0.6),
  bias: randomMatrix(1, dimensions, 0.2).data,
  inputDimensions: bits,
};
const fields = localFields(encoder, decoder)(vectors);

describe('localFields', () => {
  it('gives codes that no change of one bit improves', () => {
    for (let i = 0; i < vectors.rows; i++) {
      const code = codeOf(i);
      for (let j = 0; j < bits; j++) {
        const flipped = code.with(j, -code[j]);
        expect(error(i, code)).toBeLessThanOrEqual(error(i, flipped) + 1e-5);
        // The field is a quarter of what the other value of the bit would cost.
        const cost = error(i, code.with(j, -1)) - error(i, code.with(j, 1));
        expect(row(fields, i)[j]).toBeCloseTo(cost / 4, 4);
      }
    }
  });

  it('restores better than the signs of the encoder, and not far from the best code', () => {
    let started = 0;
    let reached = 0;
    let best = 0;
    for (let i = 0; i < vectors.rows; i++) {
      const start = Array.from({ length: bits }, (_, j) => {
        const weights = row(encoder.weights as Matrix, j);
        const sum = weights.reduce((s, w, p) => s + w * vectors.data[i * dimensions + p], 0);
        return sum + encoder.bias[j] > 0 ? 1 : -1;
      });
      started += error(i, start);
      reached += error(i, codeOf(i));
      best += Math.min(...allCodes().map((code) => error(i, code)));
    }
    expect(reached).toBeLessThan(0.8 * started);
    expect(reached).toBeLessThan(2 * best);
  });
});

function codeOf(i: number): number[] {
  return Array.from(row(fields, i), (field) => (field > 0 ? 1 : -1));
}

/** Squared distance of vector `i` from what the code is decoded to. */
function error(i: number, code: readonly number[]): number {
  let sum = 0;
  for (let p = 0; p < dimensions; p++) {
    const weights = row(decoder.weights as Matrix, p);
    const restored = code.reduce((s, bit, j) => s + bit * weights[j], decoder.bias[p]);
    sum += (vectors.data[i * dimensions + p] - restored) ** 2;
  }
  return sum;
}

function allCodes(): number[][] {
  return Array.from({ length: 2 ** bits }, (_, code) =>
    Array.from({ length: bits }, (_value, j) => ((code >> j) & 1 ? 1 : -1)),
  );
}

function randomMatrix(rows: number, columns: number, scale: number): Matrix {
  const data = Float32Array.from({ length: rows * columns }, () => scale * gaussian(random));
  return { rows, columns, data };
}
