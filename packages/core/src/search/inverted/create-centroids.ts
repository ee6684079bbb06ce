import { bytesPerCode } from '../../codes/codes.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Centroids } from './centroids.ts';
import { CodeCentroids } from './code-centroids.ts';
import { VectorCentroids } from './vector-centroids.ts';

/** What is clustered: codes, vectors, or either by centroids of another kind, which are empty. */
export type CentroidsOption = 'codes' | 'vectors' | Centroids;

/**
 * An empty set of centroids.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function createCentroids(kind: CentroidsOption, quantizer: Quantizer): Centroids {
  if (kind === 'codes') return new CodeCentroids(quantizer.bits, bytesPerCode(quantizer.bits));
  if (kind === 'vectors') return new VectorCentroids(quantizer.inputDimensions);
  if (typeof kind === 'object' && kind.count === 0) return kind;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `centroids: got ${JSON.stringify(kind)}, expected codes, vectors or an empty set of centroids.`,
    remedy: 'Correct centroids.',
  });
}
