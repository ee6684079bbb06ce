import { BitryoshkaError } from '@bitryoshka/core';
import type { Docstore } from './files/read-docstore.ts';
import { readDocstore } from './files/read-docstore.ts';
import { floatsOf, RecordFile } from './files/record-file.ts';
import type { MigrateOptions, ReceivingStore, SourceRow } from './take-over.ts';
import { misfit, takeOver } from './take-over.ts';

/** What faiss calls the indexes that hold vectors as they are. */
const flatKinds = ['IxF2', 'IxFI', 'IxFl'];
/** Four letters, the dimension, the count, two unused numbers, whether it is trained, the metric. */
const headerBytes = 37;
/** Metrics beyond these have an argument in the file. */
const lastPlainMetric = 1;

/**
 * Adds what a folder holds that `FaissStore` of LangChain saved, with its vectors and ids: nothing is embedded again.
 * All of it is added, or nothing. Reads `faiss.index` itself, so that `faiss-node` need not be installed.
 *
 * @param directory with `faiss.index`, a flat index, and `docstore.json`
 * @returns the ids
 * @throws BitryoshkaError `not-supported` for an index that is not flat and for a folder that Python saved,
 *   `file-not-found`, `invalid-file`, `truncated-file`, `dimension-mismatch`, `duplicate-id` or `not-finite`
 */
export async function fillFromFaiss(
  store: ReceivingStore,
  directory: string,
  options: MigrateOptions = {},
): Promise<string[]> {
  options.signal?.throwIfAborted();
  await refusePickle(directory);
  const docstore = await readDocstore(`${directory}/docstore.json`, 'entries-and-rows', options);
  const file = await RecordFile.open(`${directory}/faiss.index`);
  try {
    const { count, dimensions, start } = await readHeader(file);
    const rows = vectors(file, { count, dimensions, start }, docstore);
    const source = { name: file.path, misfit: 'invalid-file', total: count } as const;
    return await takeOver(store, { ...source, rows }, options);
  } finally {
    await file.close();
  }
}

interface FlatVectors {
  readonly count: number;
  readonly dimensions: number;
  /** Where the first is in the file. */
  readonly start: number;
}

async function* vectors(
  file: RecordFile,
  { count, dimensions, start }: FlatVectors,
  { documents, keyByRow }: Docstore,
): AsyncGenerator<SourceRow> {
  if (keyByRow.size !== count) {
    throw misfit(
      inFile,
      `${file.path}: got ${count} vectors and ${keyByRow.size} keys in docstore.json, expected as many.`,
    );
  }
  let row = 0;
  for await (const record of file.records(start, count, dimensions * 4)) {
    const id = keyByRow.get(String(row));
    const document = id === undefined ? undefined : documents.get(id);
    if (!document) {
      throw misfit(
        inFile,
        `${file.path}: got a vector ${row} without a document in docstore.json.`,
      );
    }
    const { pageContent, metadata } = document;
    yield { id, vector: floatsOf(record, 0, dimensions), pageContent, metadata };
    row++;
  }
}

const inFile = { misfit: 'invalid-file' } as const;

async function readHeader(file: RecordFile): Promise<FlatVectors> {
  const view = await file.read(0, headerBytes);
  const kind = String.fromCharCode(...new Uint8Array(view.buffer, 0, 4));
  if (!flatKinds.includes(kind)) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `${file.path}: got an index of the kind ${JSON.stringify(kind)}, expected a flat one.`,
      remedy: 'Copy its vectors into an IndexFlatL2 and save that.',
    });
  }
  const dimensions = view.getInt32(4, true);
  const count = Number(view.getBigInt64(8, true));
  const metric = view.getInt32(33, true);
  const sizeAt = metric > lastPlainMetric ? headerBytes + 4 : headerBytes;
  const values = Number((await file.read(sizeAt, 8)).getBigUint64(0, true));
  const start = sizeAt + 8;
  if (dimensions < 1 || count < 0 || values !== count * dimensions) {
    throw misfit(
      inFile,
      `${file.path}: got ${values} values for ${count} vectors of ${dimensions} dimensions.`,
    );
  }
  if (file.bytes < start + values * 4) {
    throw new BitryoshkaError({
      code: 'truncated-file',
      message: `${file.path}: got ${file.bytes} bytes, expected ${start + values * 4}.`,
      remedy: 'Copy or save it again.',
    });
  }
  return { count, dimensions, start };
}

/** A pickle is a program: it is not read. */
async function refusePickle(directory: string): Promise<void> {
  const { access } = await import('node:fs/promises');
  const exists = (name: string) =>
    access(`${directory}/${name}`).then(
      () => true,
      () => false,
    );
  if ((await exists('docstore.json')) || !(await exists('index.pkl'))) return;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: `${directory}: got a folder that LangChain for Python saved, with a pickle, expected docstore.json.`,
    remedy: 'Load it with FaissStore.loadFromPython and save it again.',
  });
}
