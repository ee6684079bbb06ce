import { join } from 'node:path';
import type { Matrix } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { RetrievalTask } from '@bitryoshka/core/evaluation';
import type { NamedVectors } from '@bitryoshka/core/node';
import { readBeirFolder, readVectors } from '@bitryoshka/core/node';
import { readJsonLines } from './read-json-lines.ts';
import { extensions, isPair, isThere, pairName, readVectorFile } from './read-vector-file.ts';

/** Where the vectors are. */
export interface VectorPlace {
  /** The subfolder of a BEIR folder. */
  readonly vectors?: string | undefined;
  /** The field or the column, in files that have several. */
  readonly column?: string | undefined;
}

/**
 * The vectors that a path names, without a subfolder; with one, those of the documents of a BEIR folder. Where a file
 * has no ids, they are those of the texts of the BEIR folder, in their order, or else numbers.
 *
 * @throws BitryoshkaError as `readVectorFile` does; `invalid-file` where there are more or fewer texts
 */
export function readDocumentVectors(path: string, place: VectorPlace = {}): Promise<NamedVectors> {
  return readNamed(path, 'corpus', place);
}

/** The vectors of the queries of a BEIR folder. */
export function readQueryVectors(
  folder: string,
  place: VectorPlace & { readonly vectors: string },
): Promise<NamedVectors> {
  return readNamed(folder, 'queries', place);
}

/**
 * A BEIR folder whose vectors are in files of any kind.
 *
 * @throws BitryoshkaError as `readVectorFile` and `readBeirFolder` do
 */
export async function readRetrievalTask(
  folder: string,
  place: VectorPlace & { readonly vectors: string },
): Promise<RetrievalTask> {
  const documents = await readDocumentVectors(folder, place);
  return readBeirFolder(folder, {
    vectors: { documents, queries: await readQueryVectors(folder, place) },
  });
}

/** The documents' block by block, for files that do not fit in memory. */
export async function* readDocumentBlocks(
  path: string,
  place: VectorPlace = {},
): AsyncGenerator<Matrix> {
  const file = await fileOf(path, 'corpus', place);
  for await (const { vectors } of readVectorFile(file, place.column)) yield vectors;
}

type Part = 'corpus' | 'queries';

async function fileOf(path: string, part: Part, { vectors }: VectorPlace): Promise<string> {
  if (vectors === undefined) return path;
  const base = join(path, vectors, part);
  if (await isThere(`${base}.f32`)) return base;
  for (const extension of extensions) {
    if (await isThere(`${base}${extension}`)) return `${base}${extension}`;
  }
  return base;
}

async function readNamed(path: string, part: Part, place: VectorPlace): Promise<NamedVectors> {
  const file = await fileOf(path, part, place);
  if (await isPair(file)) return readVectors(pairName(file));
  const blocks: Matrix[] = [];
  const ids: string[] = [];
  let rows = 0;
  for await (const block of readVectorFile(file, place.column)) {
    blocks.push(block.vectors);
    for (const id of block.ids ?? []) ids.push(id);
    rows += block.vectors.rows;
  }
  const vectors = joined(blocks, rows);
  if (ids.length === rows) return { ids: different(file, ids), vectors };
  if (place.vectors === undefined)
    return { ids: Array.from({ length: rows }, (_, i) => String(i)), vectors };
  return { ids: await idsOfTexts(join(path, `${part}.jsonl`), file, rows), vectors };
}

/** Gives up each block when it is copied. */
function joined(blocks: Matrix[], rows: number): Matrix {
  const columns = blocks[0]?.columns ?? 0;
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (let block = blocks.shift(); block; block = blocks.shift()) {
    data.set(block.data, at);
    at += block.data.length;
  }
  return { rows, columns, data };
}

async function idsOfTexts(texts: string, file: string, rows: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { value } of readJsonLines(texts)) {
    ids.push(String((Object(value) as { readonly _id?: unknown })._id));
  }
  if (ids.length === rows) return different(texts, ids);
  throw new BitryoshkaError({
    code: 'invalid-file',
    message: `${file}: got ${rows} vectors without ids, expected ${ids.length}, as ${texts} has lines.`,
    remedy: 'Embed all texts in their order, or give the vectors ids.',
  });
}

function different(file: string, ids: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      throw new BitryoshkaError({
        code: 'duplicate-id',
        message: `${file}: got the id ${JSON.stringify(id)} twice, expected different ids.`,
        remedy: 'Give every vector an id of its own.',
      });
    }
    seen.add(id);
  }
  return ids;
}
