import type { Matrix } from '../vectors/matrix.ts';
import { checkNotEmpty } from '../vectors/matrix.ts';
import type { AffineMap } from './affine-map.ts';
import { fitCentring } from './centring.ts';
import type { ItqOptions } from './itq-options.ts';
import { fitPca } from './pca.ts';
import { rotateToCorners } from './rotate-to-corners.ts';

/**
 * Iterative quantization: principal components, then the rotation within them that brings the vectors
 * closest to the corners of the hypercube, so that taking signs loses least.
 *
 * Source: Gong and Lazebnik, "Iterative Quantization: A Procrustean Approach to Learning Binary
 * Codes", CVPR 2011.
 */
export async function fitItq(
  vectors: Matrix,
  options: ItqOptions & { readonly outputDimensions: number },
): Promise<AffineMap> {
  const { outputDimensions } = options;
  checkNotEmpty(vectors);
  // All components together are the whole space, in which every rotation starts from a random one anyway.
  const components =
    outputDimensions === vectors.columns
      ? fitCentring(vectors, outputDimensions)
      : await fitPca(vectors, { ...options, outputDimensions });
  return rotateToCorners(components, vectors, options);
}
