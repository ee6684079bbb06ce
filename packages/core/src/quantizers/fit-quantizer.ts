import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, selectRows, toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';
import { DecodableQuantizer } from './decodable-quantizer.ts';
import { fitLinearDecoder } from './fit-linear-decoder.ts';
import type { Quantizer } from './quantizer.ts';
import type { QuantizerFitter } from './quantizer-fitter.ts';
import type { QuantizerKind } from './quantizer-fitters.ts';
import { quantizerFitters } from './quantizer-fitters.ts';

/** The names of all kinds. */
export const quantizerKinds: readonly QuantizerKind[] = Object.keys(
  quantizerFitters,
) as QuantizerKind[];

export interface FitOptions extends TaskOptions {
  readonly kind: QuantizerKind;
  /** Length of a code: at most the dimension of the vectors. */
  readonly bits: number;
  /**
   * Vectors of queries such as will be asked. Thresholds that are statistics are then the queries' own on
   * the query side; kinds `…-per-side` go only as far from the documents' as the number of queries allows.
   */
  readonly queries?: Vectors | undefined;
  /** Fit a decoder of the codes as well, for decoded scoring. Default: true. */
  readonly decoder?: boolean;
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
  const { kind, bits, seed = 0, signal, onProgress } = options;
  signal?.throwIfAborted();
  if (!Object.hasOwn(quantizerFitters, kind)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `kind: got "${String(kind)}", expected one of ${quantizerKinds.join(', ')}.`,
      remedy: 'Choose one of these kinds.',
    });
  }
  const fit: QuantizerFitter = quantizerFitters[kind];
  const documents = checkedUnitRows(vectors, 'vectors');
  const queries = options.queries && checkedUnitRows(options.queries, 'queries', documents.columns);
  const quantizer = await fit(documents, { bits, queries, seed, signal, onProgress });
  return quantizer.decoder || options.decoder === false
    ? quantizer
    : withDecoder(quantizer, documents, seed);
}

/** Documents that a decoder is learned from, at most. */
const decoderSampleSize = 20_000;

function withDecoder(quantizer: Quantizer, documents: Matrix, seed: number): Quantizer {
  const { rows } = documents;
  const sample =
    rows > decoderSampleSize
      ? selectRows(documents, sampleIndices(rows, decoderSampleSize, seededRandom(seed)))
      : documents;
  const codes = quantizer.encode(sample, 'document');
  return new DecodableQuantizer(quantizer, fitLinearDecoder(codes, sample));
}

function checkedUnitRows(vectors: Vectors, name: string, columns?: number): Matrix {
  const matrix = toMatrix(vectors, { name, ...(columns !== undefined && { columns }) });
  checkNotEmpty(matrix, name);
  return normalizeRows(matrix);
}
