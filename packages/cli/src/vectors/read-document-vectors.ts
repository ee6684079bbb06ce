import { join } from 'node:path';
import type { Matrix } from '@bitryoshka/core';
import type { NamedVectors } from '@bitryoshka/core/node';
import { readVectorBlocks, readVectors } from '@bitryoshka/core/node';

/**
 * The vectors that a path names: without a subfolder, a `.f32` and `.json` pair; with one, those of the
 * documents of a BEIR folder.
 *
 * @throws BitryoshkaError as `readVectors` does
 */
export function readDocumentVectors(path: string, subfolder?: string): Promise<NamedVectors> {
  return readVectors(documentPath(path, subfolder));
}

/** The vectors of the queries of a BEIR folder. */
export function readQueryVectors(folder: string, subfolder: string): Promise<NamedVectors> {
  return readVectors(join(folder, subfolder, 'queries'));
}

/** The documents' block by block, for files that do not fit in memory. */
export function readDocumentBlocks(path: string, subfolder?: string): AsyncIterable<Matrix> {
  return readVectorBlocks(documentPath(path, subfolder));
}

function documentPath(path: string, subfolder?: string): string {
  // What completion in a shell makes of it is welcome too.
  return subfolder === undefined
    ? path.replace(/\.(f32|json)$/, '')
    : join(path, subfolder, 'corpus');
}
