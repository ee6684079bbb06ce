import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { applyAffineMap, composeWithMatrix } from '../transforms/affine-map.ts';
import { fitCentring } from '../transforms/centring.ts';
import { fitItq } from '../transforms/itq.ts';
import { fitPca } from '../transforms/pca.ts';
import { randomRotation } from '../transforms/random-rotation.ts';
import { truncation } from '../transforms/truncation.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { columnMeans, columnMedians } from '../vectors/statistics.ts';
import { AffineQuantizer } from './affine-quantizer.ts';
import type { Quantizer } from './quantizer.ts';

/**
 * - `sign`: the first `bits` dimensions, 1 where a value is above zero. The baseline.
 * - `mean`, `median`: the same, 1 where it is above the mean or median of that dimension.
 * - `random`: centred and rotated at random.
 * - `pca`: the leading principal components.
 * - `itq`: the leading principal components, rotated so that taking signs loses least.
 */
export type QuantizerKind = 'sign' | 'mean' | 'median' | 'random' | 'pca' | 'itq';

export const quantizerKinds: readonly QuantizerKind[] = [
  'sign',
  'mean',
  'median',
  'random',
  'pca',
  'itq',
];

export interface FitOptions extends TaskOptions {
  readonly kind: QuantizerKind;
  /** Length of a code: at most the dimension of the vectors. */
  readonly bits: number;
  /**
   * Vectors of queries such as will be asked. With them `mean` and `median` threshold queries by the
   * queries' own statistics instead of the documents'.
   */
  readonly queries?: Vectors;
  /** Same vectors, options and seed: same quantizer. Default: 0. */
  readonly seed?: number;
}

/**
 * Learns a quantizer from document vectors.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite`, or `invalid-option` for
 *   an unknown kind or a number of bits that the vectors cannot give
 */
export async function fitQuantizer(vectors: Vectors, options: FitOptions): Promise<Quantizer> {
  options.signal?.throwIfAborted();
  const { kind } = options;
  const documents = checkedUnitRows(vectors, 'vectors');
  const queries = options.queries && checkedUnitRows(options.queries, 'queries', documents.columns);
  const map = await fitMap(documents, options);
  const statistic = kind === 'mean' ? columnMeans : kind === 'median' ? columnMedians : undefined;
  const documentThresholds =
    statistic?.(applyAffineMap(map, documents)) ?? new Float32Array(options.bits);
  const queryThresholds =
    statistic && queries ? statistic(applyAffineMap(map, queries)) : documentThresholds;
  return new AffineQuantizer({
    kind,
    map,
    thresholds: { document: documentThresholds, query: queryThresholds },
  });
}

async function fitMap(documents: Matrix, options: FitOptions): Promise<AffineMap> {
  const { kind, bits, seed = 0 } = options;
  const { columns } = documents;
  switch (kind) {
    case 'sign':
    case 'mean':
    case 'median':
      return truncation(columns, bits);
    case 'random':
      // Checks the bits before they size a rotation.
      truncation(columns, bits);
      return composeWithMatrix(
        fitCentring(documents, columns),
        randomRotation(bits, columns, seed),
      );
    case 'pca':
      return fitPca(documents, { outputDimensions: bits });
    case 'itq':
      return fitItq(documents, { ...options, outputDimensions: bits });
    default:
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `kind: got "${String(kind)}", expected one of ${quantizerKinds.join(', ')}.`,
        remedy: 'Choose one of these kinds.',
      });
  }
}

function checkedUnitRows(vectors: Vectors, name: string, columns?: number): Matrix {
  const matrix = toMatrix(vectors, { name, ...(columns !== undefined && { columns }) });
  checkNotEmpty(matrix, name);
  return normalizeRows(matrix);
}
