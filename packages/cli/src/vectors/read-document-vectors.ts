import { join } from 'node:path';
import type { NamedVectors } from '@bitryoshka/core/node';
import { readVectors } from '@bitryoshka/core/node';

/**
 * The vectors that a path names: without a subfolder, a `.f32` and `.json` pair; with one, those of the
 * documents of a BEIR folder.
 *
 * @throws BitryoshkaError as `readVectors` does
 */
export function readDocumentVectors(path: string, subfolder?: string): Promise<NamedVectors> {
  // What completion in a shell makes of it is welcome too.
  return readVectors(
    subfolder === undefined ? path.replace(/\.(f32|json)$/, '') : join(path, subfolder, 'corpus'),
  );
}
