import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { AffineMap } from './affine-map.ts';
import { applyAffineMap, composeWithMatrix } from './affine-map.ts';
import type { ItqOptions } from './itq.ts';
import { fitItq } from './itq.ts';
import { fitPca } from './pca.ts';
import { randomRotation } from './random-rotation.ts';

/**
 * ITQ in blocks, so that the first bits up to each of some lengths are good codes. The first block codes the
 * leading principal components; each later one codes, once more, as many leading components as the code has
 * bits by then, seen along random directions: one that coded the rest alone would add noise to every
 * distance.
 *
 * @param lengths ascending; the last is the length of the code
 */
export async function fitNestedItq(
  vectors: Matrix,
  lengths: readonly number[],
  options: Omit<ItqOptions, 'outputDimensions'>,
): Promise<AffineMap> {
  const [first, ...others] = lengths as [number, ...number[]];
  const blocks = [await fitItq(vectors, { ...options, outputDimensions: first })];
  let start = first;
  for (const end of others) {
    const bits = end - start;
    const components = fitPca(vectors, { outputDimensions: end });
    const directions = randomRotation(bits, end, (options.seed ?? 0) + end);
    const seen = composeWithMatrix(components, directions);
    const itq = await fitItq(applyAffineMap(seen, vectors), { ...options, outputDimensions: bits });
    const block = composeWithMatrix(seen, itq.weights as Matrix);
    blocks.push({ ...block, bias: block.bias.map((value, j) => value + itq.bias[j]) });
    start = end;
  }
  return stack(blocks, vectors.columns, start);
}

function stack(blocks: readonly AffineMap[], inputDimensions: number, outputs: number): AffineMap {
  const weights = zeros(outputs, inputDimensions);
  const bias = new Float32Array(outputs);
  let at = 0;
  for (const block of blocks) {
    weights.data.set((block.weights as Matrix).data, at * inputDimensions);
    bias.set(block.bias, at);
    at += block.bias.length;
  }
  return { weights, bias, inputDimensions };
}
