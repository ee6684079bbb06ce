import { expect, it } from 'vitest';
import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import { atOnce } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { gaussian, seededRandom } from '../vectors/random.ts';
import { randomRotation } from './random-rotation.ts';
import { RotationImprovement } from './rotation-improvement.ts';

/** Corners of a hypercube with some noise, in directions that are hidden by a rotation. */
function hiddenCorners(rows: number, size: number, noise: number): Matrix {
  const random = seededRandom(rows + size);
  const data = Float32Array.from(
    { length: rows * size },
    () => (random() < 0.5 ? -1 : 1) + noise * gaussian(random),
  );
  return matrixKernel().multiplyTransposed(
    { rows, columns: size, data },
    randomRotation(size, size, 3),
  );
}

/** Mean absolute value of the rotated vectors: 1 at the corners. */
function closeness(vectors: Matrix, rotation: Matrix): number {
  const { data } = matrixKernel().multiplyTransposed(vectors, rotation);
  return data.reduce((sum, value) => sum + Math.abs(value), 0) / data.length;
}

it.each([
  [700, 3],
  [2000, 12],
])('finds the corners that %i vectors of %i dimensions lie at', (rows, size) => {
  const vectors = hiddenCorners(rows, size, 0.05);
  const improvement = new RotationImprovement(vectors, randomRotation(size, size, 1));
  const before = closeness(vectors, improvement.rotation);
  for (let round = 0; round < 30; round++) atOnce(improvement.improve());
  expect(before).toBeLessThan(0.9);
  expect(closeness(vectors, improvement.rotation)).toBeGreaterThan(0.99);
});

it('leaves a rotation alone that has come to rest', () => {
  const vectors = hiddenCorners(1500, 8, 0.3);
  const improvement = new RotationImprovement(vectors, randomRotation(8, 8, 2));
  for (let round = 0; round < 60; round++) atOnce(improvement.improve());
  const settled = improvement.rotation.data.slice();
  atOnce(improvement.improve());
  improvement.rotation.data.forEach((value, p) => {
    expect(value).toBeCloseTo(settled[p], 3);
  });
});
