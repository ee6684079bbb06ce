import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { EncodedRows } from './encoded-rows.ts';
import { float16Codec } from './float16-codec.ts';
import { int8Codec } from './int8-codec.ts';
import type { StoredVectors } from './stored-vectors.ts';
import { VectorRows } from './vector-rows.ts';

/** Precisions at which vectors can be kept in memory. */
const formats = {
  float32: (dimensions: number): StoredVectors => new VectorRows(dimensions),
  float16: (dimensions: number): StoredVectors => new EncodedRows(float16Codec(dimensions)),
  int8: (dimensions: number): StoredVectors => new EncodedRows(int8Codec(dimensions)),
};

export type VectorFormatName = keyof typeof formats;

/** Vectors that the user keeps elsewhere: a database, another file. */
export interface VectorSource {
  /**
   * @param rows numbers of rows as `add` returned them, each once
   * @returns their vectors in that order, of any length
   */
  fetchVectors(
    rows: readonly number[],
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
  if (Object.hasOwn(formats, storage)) return formats[storage];
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `storage: got ${JSON.stringify(storage)}, expected one of ${Object.keys(formats).join(', ')}, a function or { fetchVectors }.`,
    remedy: 'Correct storage.',
  });
}
