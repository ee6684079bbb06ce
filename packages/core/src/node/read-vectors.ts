import type { Matrix } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { readBytes } from './read-file.ts';
import { checkVectorBytes, readVectorDescription } from './vector-description.ts';

/** Vectors with a name for each. */
export interface NamedVectors {
  /** One per row, all different. */
  readonly ids: readonly string[];
  readonly vectors: Matrix;
}

/**
 * Reads `<path>.f32` (little-endian float32, row after row) and `<path>.json`
 * (`{ "ids": [...], "dims": number }`).
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `truncated-file`, `duplicate-id` or
 *   `not-finite`
 */
export async function readVectors(path: string): Promise<NamedVectors> {
  const description = await readVectorDescription(`${path}.json`);
  const bytes = await readBytes(`${path}.f32`);
  checkVectorBytes(path, bytes.length, description);
  const { ids, dims } = description;
  const data = new Float32Array(ids.length * dims);
  new Uint8Array(data.buffer).set(bytes);
  const vectors = toMatrix({ rows: ids.length, columns: dims, data }, { name: `${path}.f32` });
  return { ids, vectors };
}
