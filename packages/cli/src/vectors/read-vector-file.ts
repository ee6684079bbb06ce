import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Matrix } from '@bitryoshka/core';
import { BitryoshkaError, toMatrix } from '@bitryoshka/core';
import { readVectorBlocks } from '@bitryoshka/core/node';
import { isSqliteFile } from '../stores/is-sqlite-file.ts';
import { readNpy } from './npy.ts';
import { readVectorLines } from './read-json-lines.ts';
import type { VectorBlock } from './vector-block.ts';
import { otherLength } from './vector-block.ts';

/** Of files of vectors beside `.f32`, in the order in which they are looked for. */
export const extensions = ['.npy', '.jsonl', '.ndjson', '.parquet'] as const;

/**
 * The vectors of a file, or of a store, block by block: `.npy`, `.jsonl` or `.ndjson`, `.parquet`, a folder or a file
 * of a `BinaryVectorStore`, or else a pair of `.f32` and `.json`.
 *
 * @param column of the vectors, where they are fields of a line or a column
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `truncated-file`, `not-finite`, `dimension-mismatch`,
 *   `invalid-option` for a folder that is no store, and what stores throw
 */
export async function* readVectorFile(path: string, column?: string): AsyncGenerator<VectorBlock> {
  let columns: number | undefined;
  let firstRow = 0;
  for await (const { vectors, ids } of await blocksOf(path, column)) {
    columns ??= vectors.columns;
    if (vectors.columns !== columns) {
      throw otherLength(`${path} from ${firstRow} on`, vectors.columns, columns);
    }
    yield { vectors: toMatrix(vectors, { name: path, firstRow }), ids };
    firstRow += vectors.rows;
  }
}

/** Whether a path is, or would be, a pair of `.f32` and `.json`. */
export async function isPair(path: string): Promise<boolean> {
  if ((extensions as readonly string[]).includes(extname(path))) return false;
  if (await isThere(`${pairName(path)}.f32`)) return true;
  const found = await stat(path).catch(() => undefined);
  return !(found?.isDirectory() || (found?.isFile() && (await isSqliteFile(path))));
}

/** What completion in a shell makes of it is welcome too. */
export function pairName(path: string): string {
  return path.replace(/\.(f32|json)$/, '');
}

export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function blocksOf(path: string, column?: string): Promise<AsyncIterable<VectorBlock>> {
  if (await isPair(path)) return unnamed(readVectorBlocks(pairName(path)));
  switch (extname(path)) {
    case '.npy':
      return unnamed(readNpy(path));
    case '.parquet':
      return (await import('./read-parquet.ts')).readParquet(path, column);
    case '.jsonl':
    case '.ndjson':
      return readVectorLines(path, column);
  }
  if ((await stat(path)).isDirectory()) await checkIsStore(path);
  return unnamed((await import('./read-store.ts')).readStore(path));
}

async function* unnamed(blocks: AsyncIterable<Matrix>): AsyncGenerator<VectorBlock> {
  for await (const vectors of blocks) yield { vectors };
}

async function checkIsStore(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'bitryoshka.json')) return;
  const names = ['.f32', ...extensions].map((extension) => `corpus${extension}`);
  const subfolders: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const inside = await readdir(join(folder, entry.name)).catch((): string[] => []);
    if (names.some((name) => inside.includes(name))) subfolders.push(entry.name);
  }
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `${folder}: got a folder that is no store, expected vectors.`,
    remedy:
      subfolders.length > 0
        ? `For those of a BEIR folder, pass ${subfolders.map((name) => `--vectors ${name}`).join(' or ')}.`
        : 'Name a file of vectors, a saved BinaryVectorStore, or the subfolder of a BEIR folder with --vectors.',
  });
}
