import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { Document } from '@langchain/core/documents';
import envPaths from 'env-paths';
import type { CollectOptions, FoundFile } from '../folders/collect-files.ts';
import { collectFiles } from '../folders/collect-files.ts';
import type { Passage } from '../folders/read-passages.ts';
import { readPassages } from '../folders/read-passages.ts';

/** What the store keeps with every passage. */
export interface PassageMetadata extends Record<string, unknown> {
  /** The file, relative to the folder. */
  source: string;
  /** From the outermost to the innermost heading. */
  headings: string[];
  /** The state of the file that the passage was read from. */
  fingerprint: string;
}

export interface OpenLibraryOptions extends TaskOptions {
  readonly collect?: CollectOptions;
  /** A local folder or a hub id. Default: the bundled model. */
  readonly model?: string | undefined;
  /** Length of the codes. Default: the store's. */
  readonly bits?: number | undefined;
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
}

/** Passages that are embedded and added at a time. */
const batchSize = 2048;

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
  const { files, skipped: skippedFiles } = await collectFiles(folder, options.collect);
  const skipped = new Map(skippedFiles);
  const indexFolder = options.indexFolder ?? defaultIndexFolder(folder, options);
  const embeddings = new MatryoshkaEmbeddings(options.model ? { model: options.model } : {});
  const store = await openStore(indexFolder, embeddings, options);

  const indexed = indexedFiles(store);
  const current = new Map(files.map((file) => [file.path, file.fingerprint]));
  const outdated = [...indexed].filter(
    ([path, { fingerprint }]) => current.get(path) !== fingerprint,
  );
  const unread = files.filter(
    ({ path, fingerprint }) => indexed.get(path)?.fingerprint !== fingerprint,
  );

  await store.delete({ ids: outdated.flatMap(([, { ids }]) => ids) });
  const filesRead = await addFiles(folder, unread, { store, embeddings, skipped, options });
  if (outdated.length > 0 || filesRead > 0) await store.save(indexFolder);

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
    filesRead,
    filesRemoved: outdated.length,
    skipped,
  };
}

/** One folder per searched folder and settings, so that other settings never mix with this index. */
function defaultIndexFolder(folder: string, { model, bits, collect }: OpenLibraryOptions): string {
  const identity = JSON.stringify([resolve(folder), model ?? null, bits ?? null, collect ?? null]);
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return join(envPaths('bitryoshka', { suffix: '' }).cache, name);
}

async function openStore(
  indexFolder: string,
  embeddings: MatryoshkaEmbeddings,
  { bits }: OpenLibraryOptions,
): Promise<BinaryVectorStore> {
  try {
    return await BinaryVectorStore.load(indexFolder, embeddings);
  } catch (error) {
    // An index can always be made again from the files: a missing or damaged one is no failure.
    if (!BitryoshkaError.isInstance(error)) throw error;
    if (error.code !== 'file-not-found') console.error(`Making the index again: ${error.message}`);
    return new BinaryVectorStore(
      embeddings,
      bits === undefined ? {} : { quantizer: { kind: 'itq', bits } },
    );
  }
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

interface Target {
  readonly store: BinaryVectorStore;
  readonly embeddings: MatryoshkaEmbeddings;
  readonly skipped: Map<string, number>;
  readonly options: TaskOptions;
}

/** Returns how many files gave passages. */
async function addFiles(
  folder: string,
  files: readonly FoundFile[],
  target: Target,
): Promise<number> {
  const documents: Document<PassageMetadata>[] = [];
  let filesRead = 0;
  for (const [i, file] of files.entries()) {
    const { signal, onProgress } = target.options;
    signal?.throwIfAborted();
    const passages = await readPassages(folder, file);
    onProgress?.({ stage: 'read', done: i + 1, total: files.length });
    if (typeof passages === 'string') {
      target.skipped.set(passages, (target.skipped.get(passages) ?? 0) + 1);
    } else {
      filesRead += passages.length > 0 ? 1 : 0;
      documents.push(...passages.map((passage, number) => toDocument(file, passage, number)));
    }
  }
  await addDocuments(documents, target);
  return filesRead;
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

async function addDocuments(
  documents: readonly Document<PassageMetadata>[],
  { store, embeddings, options }: Target,
): Promise<void> {
  for (let start = 0; start < documents.length; start += batchSize) {
    const batch = documents.slice(start, start + batchSize);
    const vectors = await embeddings.embedMatrix(batch.map(embeddedText), 'document', {
      ...(options.signal && { signal: options.signal }),
      onProgress: ({ stage, done }) => {
        if (stage !== 'embed') return;
        options.onProgress?.({ stage, done: start + done, total: documents.length });
      },
    });
    await store.addVectors(vectors, batch, {
      ids: batch.map(({ id }) => id as string),
      signal: options.signal,
      onProgress: (progress) => {
        if (progress.stage === 'fit') options.onProgress?.(progress);
      },
    });
  }
}

/** A passage says less than the headings above it: both are embedded, only the passage is shown. */
function embeddedText({ pageContent, metadata }: Document<PassageMetadata>): string {
  return [...metadata.headings, pageContent].join('\n');
}
