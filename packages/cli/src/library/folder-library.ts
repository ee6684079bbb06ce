import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Progress, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { BinaryVectorStore, PassageReranker } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
import { Document } from '@langchain/core/documents';
import type { CollectOptions, FoundFile, Skipped } from '../folders/collect-files.ts';
import { byPath, collectFiles, fingerprintOf, ignoredReason } from '../folders/collect-files.ts';
import { FileReader } from '../folders/file-reader.ts';
import { storeFolder } from '../folders/index-folder.ts';
import type { Passage } from '../folders/pack-passages.ts';
import type { ReadFile } from '../folders/read-passages.ts';
import { complain } from '../terminal/print.ts';
import { cacheFolder } from './kept-indexes.ts';
import type { IndexedFile, IndexedFiles } from './manifest.ts';
import { claimIndexFolder, makePrivate, readManifest, writeManifest } from './manifest.ts';

/**
 * What a save waits for codes: those of a folder are made in less. A graph of many passages is not worth the wait, as
 * it saves less than a hundredth of a second of the one question that a call asks.
 */
const patienceMilliseconds = 2000;

/** Some seconds of a transformer. */
const fewestAtOnce = 256;
/** A part that takes less is a small one. */
const quickMilliseconds = 1000;

/** Of all folders, also of those that are opened again: a model takes memory, and a while to load. */
const bundled = new MatryoshkaEmbeddings();
const bundledReranker = new PassageReranker(bundled);

/** What the store keeps with every passage. */
export interface PassageMetadata extends Record<string, unknown> {
  /** From the outermost to the innermost heading. */
  headings: string[];
}

/** Where a passage stands. */
export interface Place {
  /** The file, relative to the folder. */
  readonly source: string;
  readonly line: number;
  readonly endLine: number;
  /** The fields of the file's front matter but for the title, where it has one. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

export interface OpenLibraryOptions extends TaskOptions {
  readonly collect?: Omit<CollectOptions, 'indexFolder' | 'signal'>;
  /** A local folder or a hub id. Default: the bundled model. */
  readonly model?: string | undefined;
  /** Length of the codes. Default: the store's. */
  readonly bits?: number | undefined;
  /** Search by words as well. Default: true. */
  readonly hybrid?: boolean | undefined;
  /** Where the index is kept. Default: a folder of its own in the user's cache. */
  readonly indexFolder?: string | undefined;
}

/** How many files are otherwise than they were read. */
export interface FolderChanges {
  readonly changed: number;
  readonly gone: number;
  readonly added: number;
}

/** The passages of a folder, indexed and up to date. */
export interface FolderLibrary {
  readonly store: BinaryVectorStore;
  readonly embeddings: MatryoshkaEmbeddings;
  readonly indexFolder: string;
  /** Looks closer at answers: with words, and the bundled model. A transformer would take seconds for it. */
  readonly reranker: PassageReranker | undefined;
  /** Files with passages. */
  readonly files: number;
  /** Different ones; equal passages under equal headings are one. */
  readonly passages: number;
  /** Files that were read because they were new or had changed. */
  readonly filesRead: number;
  /** Files whose passages left because they were deleted or had changed. */
  readonly filesRemoved: number;
  /** What was left out, and why. */
  readonly skipped: readonly Skipped[];
  /** Where a passage of the store stands, in the order of the files. */
  places(id: string): readonly Place[];
  /** What has become of the files since they were read. */
  changes(task?: Pick<TaskOptions, 'signal'>): Promise<FolderChanges>;
  /** Whether a file is as it was read. */
  isAsRead(source: string): Promise<boolean>;
  /** Saves the index where it has changed. What is made in the background is left out if it takes long. */
  save(): Promise<void>;
}

/**
 * Opens the index of a folder, after reading what is new or has changed since it was saved and removing
 * what was deleted. An index that cannot be read is made again.
 *
 * @throws BitryoshkaError `file-not-found`, `empty-input` when the folder holds no text, `invalid-option` for an index
 *   folder that holds something else, `unsupported-version` for an index of a later version, and what the model and
 *   the store throw
 */
export async function openLibrary(
  folder: string,
  options: OpenLibraryOptions = {},
): Promise<FolderLibrary> {
  const { signal, onProgress } = options;
  const indexFolder = resolve(options.indexFolder ?? defaultIndexFolder(folder, options));
  const known = await readManifest(indexFolder);
  const collect = { ...options.collect, indexFolder, signal };
  const found = await collectFiles(folder, collect);
  const fingerprints = fingerprintsOf(found.files);
  const embeddings = options.model ? new MatryoshkaEmbeddings({ model: options.model }) : bundled;
  const store = await openStore(join(indexFolder, storeFolder), embeddings, options);

  const stored = new Set([...store.entries()].map(([id]) => id));
  const generated = options.collect?.ignore === false;
  const wanted = found.files.map((file) => ({
    ...file,
    // What programs wrote is skipped or not, though the file is the same.
    fingerprint: generated ? `${file.fingerprint} all` : file.fingerprint,
  }));
  const isCurrent = ({ path, fingerprint }: FoundFile): boolean => {
    const file = known.get(path);
    return file?.fingerprint === fingerprint && file.places.every(({ id }) => stored.has(id));
  };
  const unread = wanted.filter((file) => !isCurrent(file));
  const read = await readFiles(folder, unread, { signal, onProgress, generated });

  const files = new Map<string, IndexedFile>();
  for (const file of wanted) {
    const indexed = read.files.get(file.path) ?? (isCurrent(file) && known.get(file.path));
    if (indexed) files.set(file.path, indexed);
  }
  const places = placesOf(files);
  const outdated = [...known].filter(([path, { fingerprint, places: before }]) => {
    return before.length > 0 && files.get(path)?.fingerprint !== fingerprint;
  });
  const left = [...stored].filter((id) => !places.has(id));
  if (left.length > 0) await store.delete({ ids: left });
  const documents = [...read.documents.values()].filter(({ id }) => !stored.has(id ?? ''));
  const lasting = withoutPassing(files);
  const keep = async (kept: IndexedFiles, isChanged: boolean): Promise<void> => {
    await claimIndexFolder(indexFolder);
    // What another call has saved meanwhile is made of the same files.
    const save = { onProgress, overwrite: true };
    if (isChanged) await store.save(join(indexFolder, storeFolder), save);
    const { model, bits } = options;
    // Last: what it does not know of is read again.
    await writeManifest(indexFolder, kept, { folder: resolve(folder), model, bits });
    await makePrivate(indexFolder);
  };
  try {
    await addDocuments(documents, store, embeddings, options);
  } catch (error) {
    // Passages that are done need not be embedded again: the next call goes on from there.
    if (store.stats().count > 0) await keep(whollyIn(store, lasting), true);
    throw error;
  }

  const kept = [...files].filter(([path]) => !read.files.has(path));
  const skippedFiles = [...kept, ...read.files].flatMap(([path, { skipped: reason }]) =>
    reason === undefined ? [] : [{ path, reason }],
  );
  const skipped = [...found.skipped, ...skippedFiles].sort(byPath);
  const passages = store.stats().count;
  if (passages === 0) throw withoutText(folder, skipped);
  const isChanged = left.length > 0 || documents.length > 0;
  const isOtherwise = !hasSameFiles(known, lasting);
  const looksCloser = options.model === undefined && options.hybrid !== false;
  return {
    store,
    embeddings,
    indexFolder,
    reranker: looksCloser ? bundledReranker : undefined,
    files: [...files.values()].filter((file) => file.places.length > 0).length,
    passages,
    filesRead: [...read.files.values()].filter((file) => file.places.length > 0).length,
    filesRemoved: outdated.length,
    skipped,
    places: (id) => places.get(id) ?? [],
    changes: async (task) => {
      const now = await collectFiles(folder, { ...collect, signal: task?.signal });
      return changesBetween(fingerprints, fingerprintsOf(now.files));
    },
    isAsRead: async (source) => {
      const stats = await stat(join(folder, source)).catch(() => undefined);
      return stats !== undefined && fingerprints.get(source) === fingerprintOf(stats);
    },
    save: async () => {
      if (!isChanged && !isOtherwise) return;
      // Who ends it now keeps all the same what has been read.
      if (isChanged) await settledSoon(store, signal);
      await keep(lasting, isChanged);
    },
  };
}

/** One folder per searched folder and settings, so that other settings never mix with this index. */
function defaultIndexFolder(folder: string, { model, bits, collect }: OpenLibraryOptions): string {
  const identity = JSON.stringify([resolve(folder), model ?? null, bits ?? null, collect ?? null]);
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return join(cacheFolder(), name);
}

async function openStore(
  saved: string,
  embeddings: MatryoshkaEmbeddings,
  { bits, hybrid = true, signal }: OpenLibraryOptions,
): Promise<BinaryVectorStore> {
  // Words are searched in what is embedded.
  const words = { hybrid: hybrid && { fields: ['headings'] } };
  try {
    return await BinaryVectorStore.load(saved, embeddings, { ...words, signal });
  } catch (error) {
    // An index can always be made again from the files: a missing or damaged one is no failure. One of a later version
    // is none either, and is left to that.
    if (!BitryoshkaError.isInstance(error) || error.code === 'unsupported-version') throw error;
    const isOther = error.code === 'model-mismatch';
    const reason = isOther ? 'it was made with another model.' : error.message;
    if (error.code !== 'file-not-found') complain(`Making the index again: ${reason}`);
  }
  return new BinaryVectorStore(embeddings, {
    ...words,
    ...(bits !== undefined && { quantizer: { kind: 'itq', bits } }),
  });
}

interface ReadFiles {
  readonly files: IndexedFiles;
  /** By their ids: equal passages are one. */
  readonly documents: ReadonlyMap<string, Document<PassageMetadata>>;
}

async function readFiles(
  folder: string,
  unread: readonly FoundFile[],
  { signal, onProgress, generated }: TaskOptions & { readonly generated: boolean },
): Promise<ReadFiles> {
  const files = new Map<string, IndexedFile>();
  const documents = new Map<string, Document<PassageMetadata>>();
  const reader = new FileReader(folder, { generated });
  const stop = (): void => void reader.close();
  signal?.addEventListener('abort', stop);
  try {
    for (const [i, file] of unread.entries()) {
      signal?.throwIfAborted();
      const read = await reader.read(file);
      onProgress?.({ stage: 'read', done: i + 1, total: unread.length });
      files.set(file.path, toIndexedFile(file, read, documents));
    }
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', stop);
    await reader.close();
  }
  return { files, documents };
}

/** @param documents gets those of the file */
function toIndexedFile(
  { fingerprint }: FoundFile,
  read: ReadFile | string,
  documents: Map<string, Document<PassageMetadata>>,
): IndexedFile {
  if (typeof read === 'string') return { fingerprint, places: [], skipped: read };
  const places = read.passages.map((passage) => {
    const id = idOf(passage);
    if (!documents.has(id)) {
      const { text: pageContent, headings } = passage;
      const metadata = { headings: [...headings] };
      documents.set(id, new Document({ id, pageContent, metadata }));
    }
    return { id, line: passage.line, endLine: passage.endLine };
  });
  return { fingerprint, places, ...(read.metadata && { metadata: read.metadata }) };
}

/** Equal texts under other headings say something else. */
function idOf({ headings, text }: Passage): string {
  const hash = createHash('sha256').update(JSON.stringify([headings, text]));
  return hash.digest('base64url').slice(0, 22);
}

function placesOf(files: IndexedFiles): Map<string, Place[]> {
  const all = new Map<string, Place[]>();
  for (const [source, { places, metadata }] of files) {
    for (const { id, line, endLine } of places) {
      const place = { source, line, endLine, ...(metadata && { metadata }) };
      const others = all.get(id);
      if (others) others.push(place);
      else all.set(id, [place]);
    }
  }
  return all;
}

function fingerprintsOf(files: readonly FoundFile[]): ReadonlyMap<string, string> {
  return new Map(files.map(({ path, fingerprint }) => [path, fingerprint]));
}

function changesBetween(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): FolderChanges {
  const known = [...before];
  return {
    changed: known.filter(([path, print]) => now.has(path) && now.get(path) !== print).length,
    gone: known.filter(([path]) => !now.has(path)).length,
    added: [...now.keys()].filter((path) => !before.has(path)).length,
  };
}

function hasSameFiles(before: IndexedFiles, after: IndexedFiles): boolean {
  if (before.size !== after.size) return false;
  return [...after].every(([path, file]) => before.get(path) === file);
}

/** Those files whose passages are all in the store. */
function whollyIn(store: BinaryVectorStore, files: IndexedFiles): IndexedFiles {
  const stored = new Set([...store.entries()].map(([id]) => id));
  return new Map([...files].filter(([, { places }]) => places.every(({ id }) => stored.has(id))));
}

/** Without what may be otherwise next time though the file is the same. */
function withoutPassing(files: IndexedFiles): IndexedFiles {
  return new Map(
    [...files].filter(
      ([, { skipped }]) => skipped !== 'unreadable' && !skipped?.endsWith('is not installed'),
    ),
  );
}

function withoutText(folder: string, skipped: readonly Skipped[]): BitryoshkaError {
  const isIgnored = skipped.some(({ reason }) =>
    [ignoredReason, 'hidden', 'node_modules', 'generated'].includes(reason),
  );
  const leftOut = skipped.length > 0 ? `, and left out ${countReasons(skipped)}` : '';
  return new BitryoshkaError({
    code: 'empty-input',
    message: `${folder}: got no file with a passage of text${leftOut}.`,
    remedy: isIgnored
      ? 'Read what is ignored with --no-ignore, or name another folder.'
      : 'Name a folder that holds Markdown, text, HTML or source files.',
  });
}

/** How many were left out for each reason, most first. */
export function countReasons(skipped: readonly Skipped[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([reason, count]) => `${count} ${reason}`).join(', ');
}

/** A few at a time, so that little is lost when it ends in between. */
async function addDocuments(
  documents: readonly Document<PassageMetadata>[],
  store: BinaryVectorStore,
  embeddings: MatryoshkaEmbeddings,
  { signal, onProgress }: TaskOptions,
): Promise<void> {
  let atOnce = fewestAtOnce;
  for (let added = 0; added < documents.length; ) {
    const start = performance.now();
    const part = documents.slice(added, added + atOnce);
    const progress = ({ stage, done }: Progress) => {
      if (stage === 'embed') onProgress?.({ stage, done: added + done, total: documents.length });
    };
    const options = { signal, onProgress: progress };
    const vectors = await embeddings.embedMatrix(part.map(embeddedText), 'document', options);
    const ids = part.map(({ id }) => id);
    await store.addVectors(vectors, part, { ...options, ids });
    added += part.length;
    onProgress?.({ stage: 'embed', done: added, total: documents.length });
    // Many small parts cost more than a few large ones.
    if (performance.now() - start < quickMilliseconds) atOnce *= 2;
  }
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
