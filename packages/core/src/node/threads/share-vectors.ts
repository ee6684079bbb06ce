import { nextTurn } from '../../progress/task-options.ts';
import type { Matrix, ToMatrixOptions, Vectors } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { rowsOf, vectorSlices } from '../../vectors/vector-slices.ts';

export interface ShareVectorsOptions extends Pick<ToMatrixOptions, 'columns' | 'name'> {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Vectors in memory that threads see: those that are there already, or else a copy that is made in slices,
 * between which events have their turn.
 *
 * @throws BitryoshkaError as `toMatrix`
 */
export async function shareVectors(
  vectors: Vectors,
  { signal, ...options }: ShareVectorsOptions = {},
): Promise<Matrix> {
  const { data: known } = Object(vectors) as Partial<Matrix>;
  if (known?.buffer instanceof SharedArrayBuffer) return vectors as Matrix;
  let shared = zeros(0, options.columns ?? 0);
  let end = 0;
  for (const { columns, data } of vectorSlices(vectors, options)) {
    if (end === 0) shared = sharedZeros(rowsOf(vectors), columns);
    shared.data.set(data, end);
    end += data.length;
    await nextTurn();
    signal?.throwIfAborted();
  }
  return shared;
}

/** A matrix in memory that threads see. */
export function sharedZeros(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float32Array(new SharedArrayBuffer(4 * rows * columns)) };
}

const bytesPerSlice = 1 << 22;

/** The same for bytes. */
export async function shareBytes(
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  for (let start = 0; start < bytes.length; start += bytesPerSlice) {
    shared.set(bytes.subarray(start, start + bytesPerSlice), start);
    await nextTurn();
    signal?.throwIfAborted();
  }
  return shared;
}
