import { crc32 } from 'node:zlib';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { namingFile } from '../errors/naming-file.ts';
import type { ByteSource } from '../format/checked-blocks.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { BinaryIndex } from '../search/binary-index.ts';
import type { LoadIndexOptions } from '../search/index-file.ts';
import { loadIndex, saveIndex } from '../search/index-file.ts';
import { fillFrom, openToRead } from './read-file.ts';
import { replaceFile } from './replace-file.ts';

/** The checksum of the engine's own library, which is several times as quick. */
export const nativeCrc32 = (bytes: Uint8Array, before: number): number => crc32(bytes, before);

/**
 * Saves an index, links of graphs and lists included, as one file with checksums: as a whole or not at all. Until it
 * is written, what was there before stays.
 *
 * @throws BitryoshkaError `write-failed`, `not-supported` when the index is changed meanwhile; the signal's reason
 */
export async function saveIndexFile(
  index: BinaryIndex,
  file: string,
  { signal, onProgress }: TaskOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let done = 0;
    for (const piece of saveIndex(index, { crc32: nativeCrc32, onProgress })) {
      yield piece;
      await checkpoint({ signal }, { stage: 'save', done: ++done, total: done });
    }
  }
  await replaceFile(file, pieces());
}

/**
 * Loads what `saveIndexFile` wrote.
 *
 * @throws BitryoshkaError `file-not-found`, and as `loadIndex`
 */
export async function loadIndexFile<Index extends BinaryIndex = BinaryIndex>(
  file: string,
  options: Omit<LoadIndexOptions<Index>, 'crc32'> = {},
): Promise<Index> {
  return namingFile(file, () =>
    withFileSource(file, (source) => loadIndex(source, { ...options, crc32: nativeCrc32 })),
  );
}

/**
 * @param use reads the file, which is open until it ends
 * @throws BitryoshkaError as `openToRead`
 */
export async function withFileSource<T>(
  file: string,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const handle = await openToRead(file);
  try {
    const { size } = await handle.stat();
    return await use({
      byteLength: size,
      async read(offset, length) {
        // Not filled with zeros, which would take as long as reading.
        const buffer = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
        await fillFrom(handle, buffer, { position: offset, endedAt: (at) => cutOff(size, at) });
        return buffer;
      },
    });
  } finally {
    await handle.close();
  }
}

function cutOff(size: number, at: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'truncated-file',
    message: `index: got ${at} bytes of a file that had ${size} when it was opened.`,
    remedy: 'Load it when nothing writes to it.',
  });
}
