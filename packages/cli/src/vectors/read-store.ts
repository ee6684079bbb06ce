import { stat } from 'node:fs/promises';
import type { Matrix } from '@bitryoshka/core';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { noEmbeddings } from '../stores/no-embeddings.ts';
import { sqliteDriver } from '../stores/open-sqlite.ts';

const rowsPerBlock = 4096;

/**
 * The vectors of a folder that `BinaryVectorStore.save` wrote, or of a file of `BinaryVectorStore.open`, which is only
 * read, block by block.
 *
 * @throws BitryoshkaError as `load` and `open` do
 */
export async function* readStore(path: string): AsyncGenerator<Matrix> {
  const store = (await stat(path)).isDirectory()
    ? await BinaryVectorStore.load(path, noEmbeddings)
    : await BinaryVectorStore.open(path, noEmbeddings, {
        driver: await sqliteDriver(path),
        readOnly: true,
      });
  try {
    const { index } = store;
    if (!index) return;
    const columns = index.dimensions;
    const { count } = store.stats();
    let row = 0;
    for (let done = 0; done < count; ) {
      const rows = Math.min(rowsPerBlock, count - done);
      const data = new Float32Array(rows * columns);
      for (let i = 0; i < rows; i++) {
        // Those of documents that were deleted are left out.
        while (!index.has(row)) row++;
        data.set(index.vector(row++), i * columns);
      }
      yield { rows, columns, data };
      done += rows;
    }
  } finally {
    await store.close();
  }
}
