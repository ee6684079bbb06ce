import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Progress, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { Document } from '@langchain/core/documents';
import type { CollectOptions, FoundFile } from '../folders/collect-files.ts';
import { collectFiles } from '../folders/collect-files.ts';
import type { Passage } from '../folders/read-passages.ts';
import { readPassages } from '../folders/read-passages.ts';
import { cacheFolder, recordIndex } from './kept-indexes.ts';

/**
 * What a save waits for codes: those of a folder are made in less. A graph of many passages is not worth the wait, as
 * it saves less than a hundredth of a second of the one question that a call asks.
 */
const patienceMilliseconds = 2000;

/** Some seconds of a transformer. */
const fewestAtOnce = 256;
/** A part that takes less is a small one. */
const quickMilliseconds = 1000;

/** What the store keeps with every passage. */
export interface PassageMetadata extends Record<string, unknown> {
  /** The file, relative to the folder. */
  source: string;
  /** From the outermost to the innermost heading. */
  headings: string[];
  /** The state of the file that the passage was read from, and of the model that read it. */
  fingerprint: string;
}

export interface OpenLibraryOptions extends TaskOptions {
  readonly collect?: Omit<CollectOptions, 'exclude'>;
  /** A local folder or a hub id. Default: the bundled model. */
  readonly model?: string | undefined;
  /** Length of the codes. Default: the store's. */
  readonly bits?: number | undefined;
  /** Search by words as well. Default: true. */
  readonly hybrid?: boolean | undefined;
  /** Where the index is kept. Default: a folder of its own in the user's cache. */
  readonly indexFolder?: string | undefined;
}

/** The passages of a folder, indexed and up to date. */
export interface FolderLibrary {
  readonly store: BinaryVectorStore;
  readonly embeddings: MatryoshkaEmbeddings;
  readonly indexFolder: string;
  readonly files: number;
  readonly passages: number;
  /** Files that were read because they were new or had changed. */
  readonly filesRead: number;
  /** Files whose passages left because they were deleted or had changed. */
  readonly filesRemoved: number;
  /** Why files were left out, and how many. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Saves the index where it has changed. What is made in the background is left out if it takes long. */
  save(): Promise<void>;
}

/**
 * Opens the index of a folder, after reading what is new or has changed since it was saved and removing
 * what was deleted. An index that cannot be read is made again.
 *
 * @throws BitryoshkaError `file-not-found`, `empty-input` when the folder holds no text, and what the
 *   model and the store throw
 */
export async function openLibrary(
  folder: string,
  options: OpenLibraryOptions = {},
): Promise<FolderLibrary> {
  const indexFolder = resolve(options.indexFolder ?? defaultIndexFolder(folder, options));
  const { files: found, skipped: skippedFiles } = await collectFiles(folder, {
    ...options.collect,
    // The index may lie in the folder that it is of.
    exclude: indexFolder,
  });
  const skipped = new Map(skippedFiles);
  const embeddings = new MatryoshkaEmbeddings(options.model ? { model: options.model } : {});
  const model = await embeddings.fingerprint();
  const files = found.map((file) => ({ ...file, fingerprint: `${file.fingerprint} ${model}` }));
  const store = await openStore(indexFolder, embeddings, { ...options, model });

  const indexed = indexedFiles(store);
  const current = new Map(files.map((file) => [file.path, file.fingerprint]));
  const outdated = [...indexed].filter(
    ([path, { fingerprint }]) => current.get(path) !== fingerprint,
  );
  const unread = files.filter(
    ({ path, fingerprint }) => indexed.get(path)?.fingerprint !== fingerprint,
  );

  await store.delete({ ids: outdated.flatMap(([, { ids }]) => ids) });
  const documents = await readDocuments(folder, unread, skipped, options);
  const keep = async (task: TaskOptions): Promise<void> => {
    const { model: named, bits } = options;
    // What another call has saved meanwhile is made of the same files.
    await store.save(indexFolder, { ...task, overwrite: true });
    await recordIndex(indexFolder, {
      folder: resolve(folder),
      files: indexedFiles(store).size,
      passages: store.stats().count,
      ...(named !== undefined && { model: named }),
      ...(bits !== undefined && { bits }),
    });
  };
  try {
    await addDocuments(documents, store, embeddings, options);
  } catch (error) {
    // The files that are done are whole: the next call goes on from there.
    if (store.stats().count > 0) await keep({});
    throw error;
  }

  const passages = store.stats().count;
  if (passages === 0) {
    throw new BitryoshkaError({
      code: 'empty-input',
      message: `${folder}: got ${files.length} files and no passage of text.`,
      remedy: 'Name a folder that holds Markdown, text, HTML or source files.',
    });
  }
  return {
    store,
    embeddings,
    indexFolder,
    files: indexedFiles(store).size,
    passages,
    filesRead: new Set(documents.map(({ metadata }) => metadata.source)).size,
    filesRemoved: outdated.length,
    skipped,
    save: async () => {
      if (outdated.length === 0 && documents.length === 0) return;
      const { signal, onProgress } = options;
      // Who ends it now keeps all the same what has been read.
      await settledSoon(store, signal).finally(() => keep({ onProgress }));
    },
  };
}

/** One folder per searched folder and settings, so that other settings never mix with this index. */
function defaultIndexFolder(folder: string, { model, bits, collect }: OpenLibraryOptions): string {
  const identity = JSON.stringify([resolve(folder), model ?? null, bits ?? null, collect ?? null]);
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return join(cacheFolder(), name);
}

const otherModel = 'it was made with another model.';

/** @param options `model`: the fingerprint of the model */
async function openStore(
  indexFolder: string,
  embeddings: MatryoshkaEmbeddings,
  { bits, model, hybrid = true }: OpenLibraryOptions & { readonly model: string },
): Promise<BinaryVectorStore> {
  // Words are searched in what is embedded.
  const words = { hybrid: hybrid && { fields: ['headings'] } };
  try {
    const store = await BinaryVectorStore.load(indexFolder, embeddings, words);
    const prints = [...indexedFiles(store).values()].map(({ fingerprint }) => fingerprint);
    if (prints.every((print) => print.endsWith(` ${model}`))) return store;
    // Indexes of before stores knew their model.
    console.error(`Making the index again: ${otherModel}`);
  } catch (error) {
    // An index can always be made again from the files: a missing or damaged one is no failure.
    if (!BitryoshkaError.isInstance(error)) throw error;
    const reason = error.code === 'model-mismatch' ? otherModel : error.message;
    if (error.code !== 'file-not-found') console.error(`Making the index again: ${reason}`);
  }
  return new BinaryVectorStore(embeddings, {
    ...words,
    ...(bits !== undefined && { quantizer: { kind: 'itq', bits } }),
  });
}

/** What the store says of the files that its passages came from. */
interface IndexedFile {
  readonly fingerprint: string;
  /** Of its passages. */
  readonly ids: string[];
}

function indexedFiles(store: BinaryVectorStore): Map<string, IndexedFile> {
  const files = new Map<string, IndexedFile>();
  for (const [id, { metadata }] of store.entries()) {
    const { source, fingerprint } = metadata as PassageMetadata;
    const file = files.get(source) ?? { fingerprint, ids: [] };
    file.ids.push(id);
    files.set(source, file);
  }
  return files;
}

/** The passages of the files; files without any are counted in `skipped`. */
async function readDocuments(
  folder: string,
  files: readonly FoundFile[],
  skipped: Map<string, number>,
  { signal, onProgress }: TaskOptions,
): Promise<Document<PassageMetadata>[]> {
  const documents: Document<PassageMetadata>[] = [];
  for (const [i, file] of files.entries()) {
    signal?.throwIfAborted();
    const passages = await readPassages(folder, file);
    onProgress?.({ stage: 'read', done: i + 1, total: files.length });
    if (typeof passages === 'string') skipped.set(passages, (skipped.get(passages) ?? 0) + 1);
    else documents.push(...passages.map((passage, number) => toDocument(file, passage, number)));
  }
  return documents;
}

function toDocument(
  { path, fingerprint }: FoundFile,
  { headings, text }: Passage,
  number: number,
): Document<PassageMetadata> {
  return new Document({
    id: `${path}#${number}`,
    pageContent: text,
    metadata: { source: path, headings: [...headings], fingerprint },
  });
}

/** Files are added whole and a few at a time, so that little is lost when it ends in between. */
async function addDocuments(
  documents: readonly Document<PassageMetadata>[],
  store: BinaryVectorStore,
  embeddings: MatryoshkaEmbeddings,
  { signal, onProgress }: TaskOptions,
): Promise<void> {
  let atOnce = fewestAtOnce;
  for (let added = 0; added < documents.length; ) {
    const start = performance.now();
    const end = endOfFile(documents, added + atOnce);
    const part = documents.slice(added, end);
    const progress = ({ stage, done }: Progress) => {
      if (stage === 'embed') onProgress?.({ stage, done: added + done, total: documents.length });
    };
    const options = { signal, onProgress: progress };
    const vectors = await embeddings.embedMatrix(part.map(embeddedText), 'document', options);
    const ids = part.map(({ id }) => id);
    await store.addVectors(vectors, part, { ...options, ids });
    added = end;
    onProgress?.({ stage: 'embed', done: added, total: documents.length });
    // Many small parts cost more than a few large ones.
    if (performance.now() - start < quickMilliseconds) atOnce *= 2;
  }
}

/** Where the file of the document before `end` ends. */
function endOfFile(documents: readonly Document<PassageMetadata>[], end: number): number {
  const source = documents[end - 1]?.metadata.source;
  let next = Math.min(end, documents.length);
  while (next < documents.length && documents[next]?.metadata.source === source) next++;
  return next;
}

async function settledSoon(store: BinaryVectorStore, signal?: AbortSignal): Promise<void> {
  const timer = new AbortController();
  const ended = AbortSignal.any([timer.signal, ...(signal ? [signal] : [])]);
  const patience = setTimeout(patienceMilliseconds, undefined, { signal: ended }).catch(() => {});
  await Promise.race([store.settled(), patience]).finally(() => timer.abort());
}

/** A passage says less than the headings above it: both are embedded, only the passage is shown. */
function embeddedText({ pageContent, metadata }: Document<PassageMetadata>): string {
  return [...metadata.headings, pageContent].join('\n');
}
