import { stat } from 'node:fs/promises';
import v8 from 'node:v8';
import { BitryoshkaError } from '@bitryoshka/core';
import type { RowGroup } from 'hyparquet';
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { unreadable } from '../stores/store-kind.ts';
import { formatBytes } from '../terminal/format.ts';
import type { VectorBlock } from './vector-block.ts';
import { idFields, toBlock, vectorFields } from './vector-block.ts';

/** What the library takes for a value while it reads a group: levels, numbers and lists. */
const bytesPerValue = 50;

/**
 * Vectors of a Parquet file, which has them as lists of numbers in a column, and perhaps an `id` or `_id`. One group of
 * rows is held at a time.
 *
 * @param column Default: `embedding` or `vector`
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `dimension-mismatch`, with the row from 0; `not-supported`
 *   for a group that takes more memory than there is
 */
export async function* readParquet(file: string, column?: string): AsyncGenerator<VectorBlock> {
  await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, error.code);
  });
  const buffer = await reading(file, () => asyncBufferFromFile(file));
  const metadata = await reading(file, () => parquetMetadataAsync(buffer));
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const vectorName = column ?? vectorFields.find((name) => names.includes(name));
  if (vectorName === undefined || !names.includes(vectorName)) {
    throw invalid(
      file,
      `got the columns ${names.join(', ') || 'none'}, expected ${column ?? vectorFields.join(' or ')}`,
    );
  }
  const idName = idFields.find((name) => names.includes(name));
  const columns = [vectorName, ...(idName === undefined ? [] : [idName])];
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const from = rowStart;
    checkFits(file, group, vectorName);
    const rows = await reading(file, () =>
      parquetReadObjects({ file: buffer, metadata, columns, rowStart: from, rowEnd, compressors }),
    );
    yield toBlock(
      rows.map((row, i) => ({
        name: `${file}, row ${from + i}`,
        vector: row[vectorName] as unknown,
        id: idName === undefined ? undefined : (row[idName] as unknown),
      })),
    );
    rowStart = rowEnd;
  }
}

/** A process that runs out of memory ends without a word. */
function checkFits(file: string, { columns, num_rows: rows }: RowGroup, name: string): void {
  const chunk = columns.find(({ meta_data: data }) => data?.path_in_schema[0] === name);
  const bytes = Number(chunk?.meta_data?.num_values ?? 0) * bytesPerValue;
  const { heap_size_limit: most } = v8.getHeapStatistics();
  if (bytes <= most) return;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `${file}: got a group of ${rows} vectors, which takes ${formatBytes(bytes)} to read, expected ${formatBytes(most)} at most.`,
    remedy:
      'Write it with smaller groups (row_group_size of pyarrow), save it as .npy, or give Node more memory (NODE_OPTIONS=--max-old-space-size).',
  });
}

async function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function invalid(file: string, what: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${file}: ${what}.`,
    remedy: 'Name a Parquet file, and the column of its vectors with --column.',
    cause,
  });
}
