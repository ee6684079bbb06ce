import type { Matrix } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { fillFrom, openToRead } from './read-file.ts';
import { checkVectorBytes, cutOff, readVectorDescription } from './vector-description.ts';

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
  const { ids, dims } = description;
  const file = await openToRead(`${path}.f32`);
  try {
    // Before room is made for what it is said to hold.
    checkVectorBytes(path, (await file.stat()).size, description);
    const data = new Float32Array(ids.length * dims);
    await fillFrom(file, new Uint8Array(data.buffer), {
      position: 0,
      endedAt: (at) => cutOff(`${path}.f32`, at, data.byteLength),
    });
    const vectors = toMatrix({ rows: ids.length, columns: dims, data }, { name: `${path}.f32` });
    return { ids, vectors };
  } finally {
    await file.close();
  }
}
