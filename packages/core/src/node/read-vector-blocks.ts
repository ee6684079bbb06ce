import type { Matrix } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { fillFrom, openToRead } from './read-file.ts';
import { checkVectorBytes, cutOff, readVectorDescription } from './vector-description.ts';

const rowsPerBlock = 4096;

/**
 * The vectors that `readVectors` reads, block after block, for files that do not fit in memory: no more
 * than one block and the ids are held at a time.
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `truncated-file`, `duplicate-id` or
 *   `not-finite`
 */
export async function* readVectorBlocks(path: string): AsyncGenerator<Matrix> {
  const description = await readVectorDescription(`${path}.json`);
  const { ids, dims } = description;
  const file = await openToRead(`${path}.f32`);
  try {
    checkVectorBytes(path, (await file.stat()).size, description);
    for (let start = 0; start < ids.length; start += rowsPerBlock) {
      const rows = Math.min(rowsPerBlock, ids.length - start);
      const block = { rows, columns: dims, data: new Float32Array(rows * dims) };
      const bytes = new Uint8Array(block.data.buffer);
      const position = start * dims * 4;
      await fillFrom(file, bytes, {
        position,
        endedAt: (at) => cutOff(`${path}.f32`, at, position + bytes.length),
      });
      yield toMatrix(block, { name: `${path}.f32 from ${start} on` });
    }
  } finally {
    await file.close();
  }
}
