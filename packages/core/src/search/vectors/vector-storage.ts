import type { VectorFormatName } from '../../kernels/scan/vector-layout.ts';
import type { RowId } from '../rows/row-id.ts';
import { EncodedRows } from './encoded-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';
import { vectorCodec } from './vector-codecs.ts';
import { VectorRows } from './vector-rows.ts';

/** Vectors that the user keeps elsewhere: a database, another file. */
export interface VectorSource {
  /**
   * @param rows numbers of rows as `add` returned them, each once
   * @returns their vectors in that order, of any length
   */
  fetchVectors(
    rows: readonly RowId[],
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly ArrayLike<number>[]>;
}

/**
 * Where an index keeps the vectors that it re-ranks with: in memory at some precision, in a store of
 * another kind (one per 65,536 vectors is created), or not at all, to be fetched when a search needs them.
 */
export type VectorStorage =
  | VectorFormatName
  | ((dimensions: number) => StoredVectors)
  | VectorSource;

export function isVectorSource(storage: VectorStorage): storage is VectorSource {
  return typeof storage === 'object' && typeof storage?.fetchVectors === 'function';
}

/**
 * @returns what creates stores, undefined where vectors are fetched
 * @throws BitryoshkaError `invalid-option`
 */
export function storedVectorsFactory(
  storage: VectorStorage,
): ((dimensions: number) => StoredVectors) | undefined {
  if (isVectorSource(storage)) return undefined;
  if (typeof storage === 'function') return storage;
  if (storage === 'float32') return (dimensions) => new VectorRows(dimensions);
  // Refuses unknown formats now rather than with the first vector.
  vectorCodec(storage, 1);
  return (dimensions) => new EncodedRows(vectorCodec(storage, dimensions));
}
