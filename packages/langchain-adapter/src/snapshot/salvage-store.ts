import type { TaskOptions } from '@bitryoshka/core';
import { AutoIndex } from '@bitryoshka/core';
import type { ByteSource } from '@bitryoshka/core/internal';
import { checkpoint, salvageVectors } from '@bitryoshka/core/internal';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { DocumentTable } from '../documents/document-table.ts';
import type { NodePlatform, SnapshotFileState, SnapshotState } from '../platform.ts';
import type { SalvagedLine } from './document-lines.ts';
import { salvageDocumentLines } from './document-lines.ts';
import type { SavedOptions, Settings, StoreParts } from './store-snapshot.ts';
import { documentsFile, indexFile, readSettings } from './store-snapshot.ts';

/** A part of a file that cannot be brought back. */
export interface LostPart {
  /** In the folder. */
  readonly path: string;
  /** The byte at which it begins. */
  readonly offset: number;
  readonly bytes: number;
  readonly problem: string;
}

/** What can be brought back of a folder. */
export interface SalvagedStore extends StoreParts {
  readonly documents: DocumentTable;
  /** Those of new stores where the manifest is damaged. */
  readonly options: SavedOptions;
  /** Which model made the vectors; undefined where that is not known. */
  readonly model: string | undefined;
  /** Whole documents whose vectors are not. */
  readonly withoutVectors: readonly DocumentEntry[];
  /** Documents in a damaged file of the old format, which does not tell whether they have changed. */
  readonly unproven: number;
  /** Documents that are damaged or missing; at least so many where the manifest does not say how many there were. */
  readonly lost: number;
  /** What is damaged of the file of documents. */
  readonly damaged: readonly LostPart[];
}

/** A document, and which of the rows of the index is its vector. */
interface PlacedEntry {
  readonly entry: DocumentEntry;
  readonly place: number | undefined;
}

/** Vectors that are added at a time. */
const vectorsPerBlock = 1024;
const generationPattern = /bitryoshka-[0-9a-f]{16}-/g;
const mostManifestBytes = 16 * 1024 * 1024;

/**
 * Reads what is whole of a saved store: documents, and the vectors that belong to them.
 *
 * @param state what was found out about its files
 * @throws the reason of the signal; of a folder in which nothing is whole, there is nothing
 */
export async function salvageStore(
  node: NodePlatform,
  directory: string,
  state: SnapshotState,
  task: TaskOptions,
): Promise<SalvagedStore> {
  const { signal } = task;
  const { options, model, documents: saved } = settingsOf(state);
  const beginning = await chooseGeneration(node, directory, state);
  const fileOf = (name: string): SnapshotFileState | undefined =>
    state.files.find(({ path, bytes }) => path === `${beginning}${name}` && bytes !== undefined);
  const documentLines = fileOf(documentsFile);
  const isWhole = documentLines?.state === 'whole';
  const lines = documentLines
    ? await readLines(node, `${directory}/${documentLines.path}`, task)
    : [];
  const vectors = fileOf(indexFile);
  const salvaged = await node
    .withFileSource(`${directory}/${vectors?.path ?? indexFile}`, async (source) => {
      const index = await loadWhole(source, options, signal);
      if (index)
        return takeRows(
          index,
          placed(lines, isWhole || lines.length === index.rows),
          options,
          task,
        );
      // What has been appended to it is none of it.
      const { bytes = Infinity } = state.manifest?.files[indexFile] ?? {};
      const cut = { ...source, byteLength: Math.min(bytes, source.byteLength) };
      return takeVectors(
        salvageVectors(cut, { ...task, crc32: node.nativeCrc32 }),
        placed(lines, isWhole),
        options,
      );
    })
    .catch(() => undefined);
  signal?.throwIfAborted();
  const whole = placed(lines, isWhole);
  const lastLine = whole.reduce((last, { place = -1 }) => Math.max(last, place), -1);
  const withoutVectors = whole.map(({ entry }) => entry);
  return {
    options,
    model,
    ...(salvaged ?? {
      index: undefined,
      documents: new DocumentTable(options.fields),
      withoutVectors,
    }),
    unproven: isWhole ? 0 : lines.filter(({ entry, isProven }) => entry && !isProven).length,
    lost: Math.max(saved ?? Math.max(lines.length, lastLine + 1), whole.length) - whole.length,
    damaged: lines.flatMap(({ entry, offset, bytes, problem = '' }) =>
      entry || !documentLines ? [] : [{ path: documentLines.path, offset, bytes, problem }],
    ),
  };
}

function settingsOf({
  manifest,
}: SnapshotState): Pick<Settings, 'options' | 'documents' | 'model'> {
  try {
    if (manifest) return readSettings(manifest.settings);
  } catch {
    // As if there were none.
  }
  return { options: {}, documents: undefined, model: undefined };
}

/**
 * Where the manifest cannot say which files belong together: those that its text mentions most, or else the largest.
 *
 * @returns how their names begin
 */
async function chooseGeneration(
  node: NodePlatform,
  directory: string,
  { manifest, files }: SnapshotState,
): Promise<string> {
  const named = manifest?.files[documentsFile]?.path;
  if (named !== undefined) return named.slice(0, -documentsFile.length);
  const bytes = await node
    .readBytes(`${directory}/bitryoshka.json`, mostManifestBytes)
    .catch(() => new Uint8Array(0));
  const mentions = [...new TextDecoder().decode(bytes).matchAll(generationPattern)];
  const timesMentioned = ({ path }: SnapshotFileState): number =>
    mentions.filter(([mention]) => path.startsWith(mention)).length;
  const [best] = files
    .filter(({ name }) => name === documentsFile)
    .sort((a, b) => timesMentioned(b) - timesMentioned(a) || (b.bytes ?? 0) - (a.bytes ?? 0));
  return best ? best.path.slice(0, -documentsFile.length) : '';
}

async function readLines(
  node: NodePlatform,
  path: string,
  task: TaskOptions,
): Promise<SalvagedLine[]> {
  const lines: SalvagedLine[] = [];
  try {
    for await (const line of salvageDocumentLines(node.readPieces(path, task), node.nativeCrc32)) {
      lines.push(line);
      await checkpoint(task, { stage: 'salvage', done: lines.length, total: lines.length });
    }
  } catch {
    // Where a disk cannot read on, what came before it counts.
    task.signal?.throwIfAborted();
  }
  return lines;
}

/** @param isInOrder whether lines that do not say so themselves are where they were */
function placed(lines: readonly SalvagedLine[], isInOrder: boolean): PlacedEntry[] {
  const ids = new Set<string>();
  const places = new Set<number>();
  return lines.flatMap(({ entry, line }, position) => {
    const place = line ?? (isInOrder ? position : undefined);
    // A range that is there twice is the same documents again.
    if (!entry || ids.has(entry.id) || (place !== undefined && places.has(place))) return [];
    ids.add(entry.id);
    if (place !== undefined) places.add(place);
    return [{ entry, place }];
  });
}

async function loadWhole(
  source: ByteSource,
  { index: kind, targetRecall, storage }: SavedOptions,
  signal: AbortSignal | undefined,
): Promise<AutoIndex | undefined> {
  try {
    const index = await AutoIndex.load(source, { index: kind, targetRecall, storage, signal });
    index.close();
    return index;
  } catch {
    return undefined;
  }
}

type Taken = Pick<SalvagedStore, 'index' | 'documents' | 'withoutVectors'>;

/** Of an index that is whole: all but the rows whose documents are lost. */
async function takeRows(
  index: AutoIndex,
  entries: readonly PlacedEntry[],
  { fields }: SavedOptions,
  task: TaskOptions,
): Promise<Taken> {
  const documents = new DocumentTable(fields);
  const rows = index.rowIds();
  const left = new Set(rows);
  const withoutVectors: DocumentEntry[] = [];
  for (const [done, { entry, place }] of inOrder(entries).entries()) {
    await checkpoint(task, { stage: 'salvage', done, total: entries.length });
    const row = place === undefined ? undefined : rows[place];
    if (row === undefined) withoutVectors.push(entry);
    else documents.append([entry], row);
    if (row !== undefined) left.delete(row);
  }
  index.delete([...left]);
  return { index, documents, withoutVectors };
}

/** Of an index that is damaged: a new one of the vectors that are whole. */
async function takeVectors(
  vectors: AsyncIterable<{ readonly place: number; readonly vector: Float32Array }>,
  entries: readonly PlacedEntry[],
  { index: kind, targetRecall, storage, fields }: SavedOptions,
): Promise<Taken> {
  const documents = new DocumentTable(fields);
  const byPlace = new Map(entries.map(({ entry, place }) => [place, entry]));
  const taken = new Set<DocumentEntry>();
  let index: AutoIndex | undefined;
  let block: { readonly entry: DocumentEntry; readonly vector: Float32Array }[] = [];
  const flush = (): void => {
    const [{ vector } = {}] = block;
    if (!vector) return;
    if (!index) {
      const dimensions = vector.length;
      index = new AutoIndex({ dimensions, index: kind, targetRecall, storage });
      index.close();
    }
    const first = index.add(block.map((each) => each.vector));
    documents.append(
      block.map(({ entry }) => entry),
      first,
    );
    for (const { entry } of block) taken.add(entry);
    block = [];
  };
  try {
    for await (const { place, vector } of vectors) {
      const entry = byPlace.get(place);
      if (entry && block.push({ entry, vector }) === vectorsPerBlock) flush();
    }
  } catch {
    // The header is damaged, or the disk cannot read on: what came before it counts.
  }
  flush();
  const withoutVectors = entries.flatMap(({ entry }) => (taken.has(entry) ? [] : [entry]));
  return { index, documents, withoutVectors };
}

/** As the rows of a table come. */
function inOrder(entries: readonly PlacedEntry[]): PlacedEntry[] {
  return entries.toSorted((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity));
}
