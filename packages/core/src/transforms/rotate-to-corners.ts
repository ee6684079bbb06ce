import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { selectRows } from '../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';
import type { AffineMap } from './affine-map.ts';
import { applyAffineMap, composeWithMatrix } from './affine-map.ts';
import type { ItqOptions } from './itq-options.ts';
import { randomRotation } from './random-rotation.ts';
import { RotationImprovement } from './rotation-improvement.ts';

/** The map, rotated so that what it makes of the vectors lies closest to the corners of the hypercube. */
export async function rotateToCorners(
  map: AffineMap,
  vectors: Matrix,
  options: ItqOptions,
): Promise<AffineMap> {
  const { iterations = 12, seed = 0, sampleSize = 10_000 } = options;
  const sample =
    vectors.rows > sampleSize
      ? selectRows(vectors, sampleIndices(vectors.rows, sampleSize, seededRandom(seed)))
      : vectors;
  const size = map.bias.length;
  const improvement = new RotationImprovement(
    applyAffineMap(map, sample),
    randomRotation(size, size, seed),
  );
  for (let i = 0; i < iterations; i++) {
    await checkpoint(options, { stage: 'fit', done: i, total: iterations });
    improvement.improve();
  }
  options.onProgress?.({ stage: 'fit', done: iterations, total: iterations });
  return composeWithMatrix(map, improvement.rotation);
}
