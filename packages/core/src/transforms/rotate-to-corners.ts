import { inTurns } from '../progress/steps.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { sampleRows } from '../vectors/sample-rows.ts';
import type { AffineMap } from './affine-map.ts';
import { applyInSteps, composeWithMatrix } from './affine-map.ts';
import type { ItqOptions } from './itq-options.ts';
import { randomRotationSteps } from './random-rotation.ts';
import { RotationImprovement } from './rotation-improvement.ts';

/** The map, rotated so that what it makes of the vectors lies closest to the corners of the hypercube. */
export async function rotateToCorners(
  map: AffineMap,
  vectors: Matrix,
  options: ItqOptions,
): Promise<AffineMap> {
  const { iterations = 12, seed = 0, sampleSize = 10_000 } = options;
  const sample = sampleRows(vectors, sampleSize, seed);
  const size = map.bias.length;
  const improvement = new RotationImprovement(
    await inTurns(applyInSteps(map, sample), options),
    await inTurns(randomRotationSteps(size, size, seed), options),
  );
  for (let i = 0; i < iterations; i++) {
    await checkpoint(options, { stage: 'fit', done: i, total: iterations });
    await inTurns(improvement.improve(), options);
  }
  options.onProgress?.({ stage: 'fit', done: iterations, total: iterations });
  return composeWithMatrix(map, improvement.rotation);
}
