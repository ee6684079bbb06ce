import { BitryoshkaError } from '@bitryoshka/core';
import type { Docstore } from './files/read-docstore.ts';
import { readDocstore } from './files/read-docstore.ts';
import { floatsOf, RecordFile } from './files/record-file.ts';
import type { MigrateOptions, ReceivingStore, SourceRow } from './take-over.ts';
import { misfit, takeOver } from './take-over.ts';

/** What hnswlib 0.6 to 0.8 writes before its elements, by the names of its own fields. */
interface IndexHeader {
  readonly count: number;
  /** Bytes of an element: its links, its vector, its label. */
  readonly elementBytes: number;
  readonly labelOffset: number;
  readonly vectorOffset: number;
}

const headerBytes = 96;
const labelBytes = 8;
/** The bit of an element's links that says that it was deleted. */
const deletedMark = { byte: 2, bit: 1 };

/**
 * Adds what a folder holds that `HNSWLib` of LangChain saved, with its vectors: nothing is embedded again. All of it is
 * added, or nothing. Reads `hnswlib.index` itself, so that `hnswlib-node` need not be installed. With the space
 * `cosine`, its default, the vectors were scaled to unit length when they were added there.
 *
 * @param directory with `hnswlib.index`, `docstore.json` and `args.json`
 * @returns the ids, those that were made up included: documents have ids there only if they came with one
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `truncated-file`, `dimension-mismatch`, `duplicate-id` or
 *   `not-finite`
 */
export async function fillFromHnswlib(
  store: ReceivingStore,
  directory: string,
  options: MigrateOptions = {},
): Promise<string[]> {
  options.signal?.throwIfAborted();
  const path = (name: string) => `${directory}/${name}`;
  const dimensions = await readDimensions(path('args.json'));
  const { documents } = await readDocstore(path('docstore.json'), 'entries', options);
  const file = await RecordFile.open(path('hnswlib.index'));
  try {
    const header = await readHeader(file, dimensions);
    const total = header.count;
    const rows = elements(file, header, dimensions, documents);
    return await takeOver(store, { name: file.path, misfit: 'invalid-file', total, rows }, options);
  } finally {
    await file.close();
  }
}

async function* elements(
  file: RecordFile,
  { count, elementBytes, labelOffset, vectorOffset }: IndexHeader,
  dimensions: number,
  documents: Docstore['documents'],
): AsyncGenerator<SourceRow> {
  let taken = 0;
  for await (const element of file.records(headerBytes, count, elementBytes)) {
    const label = String(element.getBigUint64(labelOffset, true));
    const document = documents.get(label);
    if ((element.getUint8(deletedMark.byte) & deletedMark.bit) !== 0) {
      if (document) taken++;
      continue;
    }
    if (!document) {
      throw misfit(
        inFile,
        `${file.path}: got a vector ${label} without a document in docstore.json.`,
      );
    }
    taken++;
    const { id, pageContent, metadata } = document;
    yield {
      id,
      vector: floatsOf(element, vectorOffset, dimensions),
      pageContent,
      metadata,
    };
  }
  if (taken === documents.size) return;
  throw misfit(
    inFile,
    `${file.path}: got ${taken} vectors for ${documents.size} documents in docstore.json, expected as many.`,
  );
}

const inFile = { misfit: 'invalid-file' } as const;

async function readDimensions(path: string): Promise<number> {
  const { readBytes } = await import('@bitryoshka/core/node');
  const text = new TextDecoder().decode(await readBytes(path));
  let args: unknown;
  try {
    args = JSON.parse(text);
  } catch {
    throw misfit(inFile, `${path}: got no JSON.`);
  }
  const { numDimensions } = Object(args) as { numDimensions?: unknown };
  if (Number.isSafeInteger(numDimensions) && Number(numDimensions) > 0) {
    return Number(numDimensions);
  }
  throw misfit(
    inFile,
    `${path}: got ${JSON.stringify(numDimensions)} for numDimensions, expected a whole number from 1 up.`,
  );
}

async function readHeader(file: RecordFile, dimensions: number): Promise<IndexHeader> {
  const view = await file.read(0, headerBytes);
  const wide = (offset: number) => Number(view.getBigUint64(offset, true));
  const [levelOffset, capacity, count] = [wide(0), wide(8), wide(16)];
  const [elementBytes, labelOffset, vectorOffset] = [wide(24), wide(32), wide(40)];
  const mostLinks = wide(64);
  // A count of links, and the links, as 32-bit numbers.
  const isLaidOut =
    levelOffset === 0 &&
    count <= capacity &&
    vectorOffset === 4 + 4 * mostLinks &&
    elementBytes === labelOffset + labelBytes;
  if (!isLaidOut || labelOffset < vectorOffset) {
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${file.path}: got no index of hnswlib as its versions 0.6 to 0.8 write it.`,
      remedy: 'Load it with hnswlib-node 2 or later and write it again.',
    });
  }
  if (labelOffset !== vectorOffset + 4 * dimensions) {
    throw new BitryoshkaError({
      code: 'dimension-mismatch',
      message: `${file.path}: got vectors of ${(labelOffset - vectorOffset) / 4} dimensions, expected ${dimensions}, as args.json says.`,
      remedy: 'Pass a folder whose files belong together.',
    });
  }
  if (file.bytes < headerBytes + count * elementBytes) {
    throw new BitryoshkaError({
      code: 'truncated-file',
      message: `${file.path}: got ${file.bytes} bytes, expected ${headerBytes + count * elementBytes} at least.`,
      remedy: 'Copy or save it again.',
    });
  }
  return { count, elementBytes, labelOffset, vectorOffset };
}
