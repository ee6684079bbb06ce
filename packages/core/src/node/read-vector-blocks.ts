import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { toMatrix } from '../vectors/matrix.ts';
import { checkVectorBytes, readVectorDescription } from './vector-description.ts';

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
  const file = await openFile(`${path}.f32`);
  try {
    checkVectorBytes(path, (await file.stat()).size, description);
    for (let start = 0; start < ids.length; start += rowsPerBlock) {
      const rows = Math.min(rowsPerBlock, ids.length - start);
      const block = { rows, columns: dims, data: new Float32Array(rows * dims) };
      await fill(file, new Uint8Array(block.data.buffer), start * dims * 4, `${path}.f32`);
      yield toMatrix(block, { name: `${path}.f32 from ${start} on` });
    }
  } finally {
    await file.close();
  }
}

async function openFile(name: string): Promise<FileHandle> {
  try {
    return await open(name);
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'file-not-found',
      message: `${name}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Check the path and the permissions.',
      cause,
    });
  }
}

/** A read may give less than was asked for. */
async function fill(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
  name: string,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) {
      throw new BitryoshkaError({
        code: 'truncated-file',
        message: `${name}: it ended at byte ${position + done}, expected ${bytes.length - done} more.`,
        remedy: 'Do not change the file while it is read.',
      });
    }
    done += bytesRead;
  }
}
