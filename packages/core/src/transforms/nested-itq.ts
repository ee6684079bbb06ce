import { inTurns } from '../progress/steps.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange, zeros } from '../vectors/matrix.ts';
import type { AffineMap } from './affine-map.ts';
import { composeWithMatrix } from './affine-map.ts';
import { fitCentring } from './centring.ts';
import type { ItqOptions } from './itq-options.ts';
import { fitPca } from './pca.ts';
import { randomRotationSteps } from './random-rotation.ts';
import { rotateToCorners } from './rotate-to-corners.ts';

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
  options: ItqOptions,
): Promise<AffineMap> {
  const { seed = 0 } = options;
  const components = await leadingComponents(vectors, lengths, options);
  const blocks: AffineMap[] = [];
  let start = 0;
  for (const end of lengths) {
    const turned = () => inTurns(randomRotationSteps(end - start, end, seed + end), options);
    const seen = start === 0 ? components(end) : composeWithMatrix(components(end), await turned());
    blocks.push(await rotateToCorners(seen, vectors, options));
    start = end;
  }
  return stack(blocks, vectors.columns, start);
}

/** The centred vectors in their leading components, of which all are the whole space, in any directions. */
async function leadingComponents(
  vectors: Matrix,
  lengths: readonly number[],
  { signal }: ItqOptions,
): Promise<(count: number) => AffineMap> {
  const { columns } = vectors;
  const fewer = lengths.filter((length) => length !== columns);
  const pca =
    fewer.length > 0
      ? await fitPca(vectors, { outputDimensions: Math.max(...fewer), signal })
      : undefined;
  return (count) =>
    pca && count !== columns ? leadingOutputs(pca, count) : fitCentring(vectors, count);
}

function leadingOutputs(map: AffineMap, count: number): AffineMap {
  const weights = rowRange(map.weights as Matrix, 0, count);
  return { ...map, weights, bias: map.bias.subarray(0, count) };
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
