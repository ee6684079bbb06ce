import { describe, expect, it } from 'vitest';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import { atOnce } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, transpose, zeros } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { applyAffineMap, composeWithMatrix } from './affine-map.ts';
import { fitCentring } from './centring.ts';
import { fitItq } from './itq.ts';
import { truncateMatryoshka } from './matryoshka.ts';
import { fitPca } from './pca.ts';
import { PolarFactors } from './polar-factors.ts';
import { randomRotation } from './random-rotation.ts';
import { truncation } from './truncation.ts';

const random = seededRandom(9);

/** 400 vectors whose columns have decreasing spread, hidden behind a rotation and a shift. */
const spreads = [5, 3, 2, 1, 0.5, 0.1];
const hidden: Matrix = {
  rows: 400,
  columns: 6,
  data: Float32Array.from({ length: 2400 }, (_, p) => gaussian(random) * spreads[p % 6]),
};
const shift = Float32Array.of(1, -2, 3, 0, 5, -1);
const vectors = applyAffineMap(
  { weights: randomRotation(6, 6, 5), bias: shift, inputDimensions: 6 },
  hidden,
);

describe('affine maps', () => {
  it('truncate, centre, and compose into one map that does both steps', async () => {
    expect(applyAffineMap(truncation(6, 2), vectors).data.slice(0, 2)).toEqual(
      vectors.data.slice(0, 2),
    );
    const rotation = randomRotation(3, 4, 1);
    for (const first of [fitCentring(vectors, 4), await fitPca(vectors, { outputDimensions: 4 })]) {
      const inSteps = matrixKernel().multiplyTransposed(applyAffineMap(first, vectors), rotation);
      const atOnce = applyAffineMap(composeWithMatrix(first, rotation), vectors);
      expect(largestDifference(inSteps, atOnce)).toBeLessThan(1e-4);
    }
  });

  it('refuse vectors of another dimension and impossible dimensions', () => {
    expect(() => applyAffineMap(truncation(5, 2), vectors)).toThrow(/got 6 dimensions, expected 5/);
    for (const dimensions of [0, 7, 1.5]) {
      expect(() => truncation(6, dimensions)).toThrow(/expected a whole number from 1 to 6/);
    }
  });
});

describe('fitPca', () => {
  it('finds uncorrelated components in the order of their spread', async () => {
    const components = applyAffineMap(await fitPca(vectors, { outputDimensions: 6 }), vectors);
    const covariance = crossTable(components);
    for (let i = 0; i < 6; i++) {
      expect(Math.sqrt(covariance[i][i])).toBeCloseTo(spreads[i], 0);
      for (let j = 0; j < i; j++) expect(Math.abs(covariance[i][j])).toBeLessThan(0.02);
    }
  });

  it('points every component to the side of its largest weight', async () => {
    const { weights } = await fitPca(vectors, { outputDimensions: 6 });
    for (let i = 0; i < 6; i++) {
      const component = [...row(weights as Matrix, i)];
      const largest = component.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      expect(largest).toBeGreaterThan(0);
    }
  });
});

describe('rotations', () => {
  it.each([1, 2, 9, 40])(
    'the polar factor of %i x %i is orthogonal and the nearest one',
    (size) => {
      const square: Matrix = {
        rows: size,
        columns: size,
        data: Float32Array.from({ length: size * size }, (_, p) =>
          p % (size + 1) === 0 ? 2 + gaussian(random) * 0.1 : gaussian(random) * 0.2,
        ),
      };
      const factor = atOnce(new PolarFactors(size).of(square));
      expectOrthonormalRows(factor);
      // X = U H with H symmetric positive: Uᵀ X is symmetric and its trace is that of H.
      const symmetric = matrixKernel().multiplyTransposed(transpose(factor), transpose(square));
      expect(largestDifference(symmetric, transpose(symmetric))).toBeLessThan(1e-3);
      expect(trace(symmetric)).toBeGreaterThan(trace(square) - 1e-3);
    },
  );

  it('polar factors orthogonalises matrices of all kinds', () => {
    for (let seed = 0; seed < 60; seed++) {
      const draw = seededRandom(seed);
      const size = 1 + Math.floor(draw() * 60);
      const spread = 10 ** (draw() * 3 - 2);
      // Symmetric and random parts in all proportions, rows of very different lengths, any scale.
      const data = Float32Array.from({ length: size * size }, (_, p) => {
        const length = 1e4 * spread ** ((Math.floor(p / size) % 7) / 7);
        return length * (gaussian(draw) + (p % (size + 1) === 0 ? 5 * draw() : 0));
      });
      expectOrthonormalRows(atOnce(new PolarFactors(size).of({ rows: size, columns: size, data })));
    }
  });

  it('fitItq rotates even when there are fewer vectors than bits, or all are alike', async () => {
    for (const rows of [1, 3]) {
      const data = Float32Array.from({ length: rows * 20 }, () => gaussian(random));
      const map = await fitItq({ rows, columns: 20, data }, { outputDimensions: 20 });
      expectOrthonormalRows(map.weights as Matrix);
    }
  });

  it('polar factors orthogonalises badly conditioned matrices', () => {
    const data = Float32Array.of(1, 0.999, 0.999, 1);
    expectOrthonormalRows(atOnce(new PolarFactors(2).of({ rows: 2, columns: 2, data })));
  });

  it.each([
    [1, 1],
    [3, 8],
    [20, 20],
  ])('randomRotation gives %i orthonormal rows of %i', (rows, columns) => {
    expectOrthonormalRows(randomRotation(rows, columns, 3));
  });

  it.each([
    [2, 1],
    [8, 3],
  ])('randomRotation of %i x %i has orthonormal columns', (rows, columns) => {
    expectOrthonormalRows(transpose(randomRotation(rows, columns, 3)));
  });

  it('fitItq stays a rotation of the components and loses less by taking signs', async () => {
    const pca = await fitPca(vectors, { outputDimensions: 4 });
    const itq = await fitItq(vectors, { outputDimensions: 4 });
    expectOrthonormalRows(itq.weights as Matrix);
    expect(quantizationLoss(applyAffineMap(itq, vectors))).toBeLessThan(
      0.8 * quantizationLoss(applyAffineMap(pca, vectors)),
    );
  });
});

describe('truncateMatryoshka', () => {
  it('slices and normalises', () => {
    const data = Float32Array.of(3, 4, 12, 0, 0, 7);
    const truncated = truncateMatryoshka({ rows: 2, columns: 3, data }, { dimensions: 2 });
    expect([...truncated.data].map((v) => +v.toFixed(6))).toEqual([0.6, 0.8, 0, 0]);
  });

  it('standardises over all dimensions first when the model wants it', () => {
    const data = Float32Array.of(1, 2, 3, 6);
    const truncated = truncateMatryoshka(
      { rows: 1, columns: 4, data },
      { dimensions: 2, layerNorm: true, normalize: false },
    );
    // Mean 3, population variance 3.5.
    expect(truncated.data[0]).toBeCloseTo(-2 / Math.sqrt(3.5), 4);
    expect(truncated.data[1]).toBeCloseTo(-1 / Math.sqrt(3.5), 4);
  });
});

function expectOrthonormalRows(matrix: Matrix): void {
  const gram = matrixKernel().multiplyTransposed(matrix, matrix);
  gram.data.forEach((value, p) => {
    expect(value).toBeCloseTo(p % (matrix.rows + 1) === 0 ? 1 : 0, 4);
  });
}

function trace({ rows, data }: Matrix): number {
  return Array.from({ length: rows }, (_, i) => data[i * (rows + 1)]).reduce((a, b) => a + b, 0);
}

function largestDifference(a: Matrix, b: Matrix): number {
  return a.data.reduce((largest, value, p) => Math.max(largest, Math.abs(value - b.data[p])), 0);
}

function crossTable({ rows, columns, data }: Matrix): number[][] {
  return Array.from({ length: columns }, (_, a) =>
    Array.from({ length: columns }, (_, b) => {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += data[i * columns + a] * data[i * columns + b];
      return sum / rows;
    }),
  );
}

/** Squared distance of unit-scaled rows to their nearest corner of the hypercube. */
function quantizationLoss({ rows, columns, data }: Matrix): number {
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const values = data.subarray(i * columns, (i + 1) * columns);
    const scale = Math.sqrt(columns) / Math.hypot(...values);
    for (const value of values) loss += (Math.abs(value) * scale - 1) ** 2;
  }
  return loss / rows;
}

it('components of long vectors are found in the space that these nearly lie in', async () => {
  const draw = seededRandom(8);
  const basis = Array.from({ length: 6 }, () =>
    Float32Array.from({ length: 600 }, () => gaussian(draw)),
  );
  const vectors = zeros(300, 600);
  for (let i = 0; i < vectors.rows; i++) {
    const own = row(vectors, i);
    for (const [order, direction] of basis.entries()) {
      const strength = gaussian(draw) / (order + 1);
      for (let j = 0; j < own.length; j++) own[j] += strength * direction[j];
    }
  }
  const components = applyAffineMap(await fitPca(vectors, { outputDimensions: 6 }), vectors);
  const energy = (data: Float32Array) => data.reduce((sum, value) => sum + value * value, 0);
  const centred = applyAffineMap(fitCentring(vectors, 600), vectors);
  expect(energy(components.data) / energy(centred.data)).toBeCloseTo(1, 4);
});
