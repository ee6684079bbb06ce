import type { AutoIndexOptions, LoadAutoIndexOptions } from '@bitryoshka/core';
import { AutoIndex, BitryoshkaError, loadQuantizer, saveIndex } from '@bitryoshka/core';
import { checkpoint, decodeSafetensorsHeader, namingFile } from '@bitryoshka/core/internal';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { DocumentTable } from '../documents/document-table.ts';
import type { Documents } from '../documents/documents.ts';
import { isPlainObject } from '../documents/plain-value.ts';
import type { WordSearch } from '../lexical/hybrid-options.ts';
import { createWordSearch } from '../lexical/hybrid-options.ts';
import { loadLexicalIndex, saveLexicalIndex } from '../lexical/lexical-index-file.ts';
import { MemoryLexicalIndex } from '../lexical/memory-lexical-index.ts';
import type { SavedGeneration, Snapshot, SnapshotFile } from '../platform.ts';
import { fileSystem } from '../platform.ts';
import type { Similarity, SimilarityFunction } from '../store/similarity.ts';
import type {
  BinaryVectorStoreOptions,
  LoadOptions,
  QuantizerRecipe,
  SaveOptions,
} from '../store/store-options.ts';
import { checkStoreOptions, readOptions } from '../store/store-options.ts';
import { decodeDocumentLines, encodeDocumentLines } from './document-lines.ts';
import { decodeOldIndexFile } from './old-index-file.ts';
import type { SeenSaves } from './seen-saves.ts';

/** Options of a store that are saved with it. */
export type SavedOptions = Omit<
  BinaryVectorStoreOptions,
  'quantizer' | 'bits' | 'similarity' | 'onIndexProgress'
> & {
  readonly quantizer?: QuantizerRecipe | undefined;
  /** `function` stands for one, which is not saved. */
  readonly similarity?: Exclude<Similarity, SimilarityFunction> | 'function' | undefined;
};

/** What a store consists of. */
export interface StoreParts {
  /** Undefined while no vector has told the dimension. */
  readonly index: AutoIndex | undefined;
  /** In the order of the index's rows, which have no others. */
  readonly documents: Documents;
  /** The fingerprint of the embeddings that made the vectors, if they have one. */
  readonly model: string | undefined;
}

interface SavedParts extends StoreParts {
  readonly options: SavedOptions;
  /** Without it, any save may be replaced. */
  readonly seen?: SeenSaves;
}

const kind = 'vector-store';
/** Documents between two looks at the clock. */
const rowsPerTurn = 10;
export const documentsFile = 'documents.jsonl';
export const indexFile = 'index.safetensors';
const wordsFile = 'words.safetensors';
/** As stores were saved once: vectors and codes, and the quantizer beside them. */
const oldIndexFile = 'vectors.safetensors';
const oldQuantizerFile = 'quantizer.safetensors';

/**
 * Saves a store to a folder. Progress is counted in documents, and in vectors after
 * them.
 *
 * @throws BitryoshkaError `write-failed`, or `not-supported` for metadata that cannot be saved and where
 *   there is no file system
 */
export async function saveStore(
  directory: string,
  { index, documents, model, options, seen }: SavedParts,
  { signal, onProgress, overwrite = false }: SaveOptions,
): Promise<void> {
  const { writeSnapshot, nativeCrc32: crc32 } = await fileSystem();
  const { index: indexKind, targetRecall, depth, fields, hybrid, storage } = options;
  const { quantizer, similarity } = options;
  const { words } = documents;
  const settings = {
    dimensions: index?.dimensions ?? null,
    documents: documents.count,
    model,
    options: {
      index: indexKind,
      targetRecall,
      depth,
      fields,
      // Codes that were fitted nevertheless are in the index.
      quantizer: indexKind === 'exact' ? undefined : quantizer,
      similarity,
      hybrid: typeof hybrid === 'object' ? { ...hybrid, tokenize: undefined } : hybrid,
      ...(typeof storage === 'string' && { storage }),
    },
  };
  // As they will be read: what JSON makes of them may be something else.
  readSettings(JSON.parse(JSON.stringify(settings)));
  const rows = index?.rows ?? 0;
  if (rows !== documents.count)
    throw invalid('save', `${documents.count} documents for ${rows} vectors`);
  const total = 2 * documents.count;
  let done = 0;
  let replaced: SavedGeneration | undefined;
  await writeSnapshot(
    directory,
    {
      kind,
      settings,
      files: {
        [documentsFile]: {
          pieces: encodeDocumentLines(counted(documents), crc32),
          lines: documents.count,
        },
        ...(words?.tokenizer &&
          words.index instanceof MemoryLexicalIndex && {
            [wordsFile]: saveLexicalIndex(words.index, words.tokenizer),
          }),
        ...(index && {
          [indexFile]: wholeIndex(
            saveIndex(index, {
              crc32,
              onProgress: (progress) => report((documents.count * progress.done) / progress.total),
            }),
          ),
        }),
      },
    },
    {
      signal,
      checkReplace: (current) => {
        replaced = current;
        if (!overwrite) seen?.checkReplace(directory, current);
      },
      onReplaced: (saved) => seen?.saved(directory, saved, replaced),
    },
  );
  report(documents.count);

  function* counted(entries: Iterable<DocumentEntry>): Generator<DocumentEntry> {
    for (const entry of entries) {
      yield entry;
      done++;
      if (done % 1000 === 0) report(0);
    }
  }

  /** @param vectors that are written besides the documents */
  function report(vectors: number): void {
    onProgress?.({ stage: 'save', done: done + Math.floor(vectors), total });
  }
}

/** Refuses an index that gives other bytes than its first piece, the header, says. */
function* wholeIndex(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let header: Uint8Array | undefined;
  let bytes = 0;
  for (const piece of pieces) {
    header ??= piece;
    bytes += piece.length;
    yield piece;
  }
  if (header) decodeSafetensorsHeader(header, bytes);
}

/**
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `unsupported-version`, `truncated-file` or
 *   `checksum-mismatch`
 */
export async function loadStore(
  directory: string,
  { signal, fields, hybrid }: Pick<LoadOptions, 'signal' | 'fields' | 'hybrid'>,
  indexOptions: (saved: SavedOptions) => (dimensions: number) => AutoIndexOptions,
): Promise<
  StoreParts & { readonly documents: DocumentTable; readonly generation: SavedGeneration }
> {
  const { readSnapshot, nativeCrc32: crc32 } = await fileSystem();
  return readSnapshot(
    directory,
    kind,
    async ({ settings, files, ...generation }) => {
      const {
        dimensions,
        model,
        options: saved,
      } = await namingFile(`${directory}/bitryoshka.json`, () => {
        const parsed = parseSettings(settings);
        checkStoreOptions(withoutFunction(parsed.options));
        return parsed;
      });
      const optionsOf = indexOptions(saved);
      const documentLines = files[documentsFile];
      if (!documentLines) throw invalid(directory, 'no documents');
      const file = files[indexFile] ?? files[oldIndexFile];
      const index =
        dimensions !== undefined && file
          ? await namingFile(file.path, () =>
              loadIndex(files, optionsOf(dimensions), { crc32, signal }),
            )
          : undefined;
      if (index && index.dimensions !== dimensions) {
        throw invalid(
          directory,
          `vectors of ${index.dimensions} dimensions, settings for ${dimensions}`,
        );
      }
      const rows = index?.rowIds() ?? new Uint32Array(0);
      const created = createWordSearch(hybrid ?? saved.hybrid);
      const restored = created && (await restoreWords(created, files[wordsFile], signal));
      const documents = new DocumentTable(fields ?? saved.fields, restored ?? created);
      let lines = 0;
      for await (const entry of decodeDocumentLines(documentLines.stream(), documentLines.path)) {
        if (lines % rowsPerTurn === 0) {
          await checkpoint({ signal }, { stage: 'load', done: lines, total: rows.length });
        }
        documents.append([entry], rows[lines++] ?? 0, { isIndexed: restored !== undefined });
      }
      if (documents.count !== rows.length || lines !== rows.length) {
        throw invalid(directory, `${documents.count} documents for ${rows.length} vectors`);
      }
      if (restored?.index.lengths().rows.some((row) => !documents.at(row))) {
        throw invalid(directory, 'words of documents that are not there');
      }
      return { index, documents, model, generation };
    },
    { signal },
  );
}

/** @returns undefined where words were saved of another tokenizer, or not at all */
async function restoreWords(
  created: WordSearch<MemoryLexicalIndex>,
  file: { read(): Promise<Uint8Array> } | undefined,
  signal: AbortSignal | undefined,
): Promise<WordSearch<MemoryLexicalIndex> | undefined> {
  const { tokenizer, tokenize } = created;
  if (!file || tokenizer === undefined) return undefined;
  const index = await loadLexicalIndex(await file.read(), { tokenizer, tokenize }, { signal });
  return index && { ...created, index };
}

async function loadIndex(
  files: Snapshot['files'],
  options: AutoIndexOptions,
  reading: Pick<LoadAutoIndexOptions, 'crc32' | 'signal'>,
): Promise<AutoIndex> {
  const { [indexFile]: file, [oldIndexFile]: oldFile, [oldQuantizerFile]: quantizerFile } = files;
  if (file) {
    const { quantizer: _, ...rest } = options;
    return AutoIndex.load(await file.source(), { ...rest, ...reading });
  }
  const quantizerBytes = await quantizerFile?.read();
  const quantizer = quantizerBytes && loadQuantizer(quantizerBytes);
  return decodeOldIndexFile(await (oldFile as SnapshotFile).read(), quantizer, options);
}

/**
 * Removes what {@link saveStore} wrote.
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `unsupported-version`, `write-failed` or `not-supported`
 */
export async function removeStore(directory: string): Promise<void> {
  const { removeSnapshot } = await fileSystem();
  await removeSnapshot(directory, kind);
}

/** What is saved besides documents and vectors. */
export interface Settings {
  /** Undefined while no vector has told. */
  readonly dimensions: number | undefined;
  /** How many; undefined in stores of before that was told. */
  readonly documents: number | undefined;
  /** Which model made the vectors; undefined where that was not told. */
  readonly model: string | undefined;
  readonly options: SavedOptions;
}

/** @throws BitryoshkaError `invalid-file`, or `invalid-option` for those that no store takes */
export function readSettings(settings: unknown): Settings {
  const parsed = parseSettings(settings);
  checkStoreOptions(withoutFunction(parsed.options));
  new DocumentTable(parsed.options.fields);
  return parsed;
}

/** As options of a store: the function itself is not saved. */
function withoutFunction({ similarity, ...options }: SavedOptions): BinaryVectorStoreOptions {
  return { ...options, similarity: similarity === 'function' ? undefined : similarity };
}

function parseSettings(settings: unknown): Settings {
  if (isPlainObject(settings)) {
    const { dimensions, documents, model, options } = settings;
    const isKnown = Number.isSafeInteger(dimensions) && (dimensions as number) > 0;
    if ((dimensions === null || isKnown) && isPlainObject(options)) {
      // Some were options once.
      const { fitAt, norms: _norms, prefixBits: _prefixBits, ...known } = readOptions(options);
      return {
        dimensions: isKnown ? (dimensions as number) : undefined,
        documents: Number.isSafeInteger(documents) ? (documents as number) : undefined,
        model: typeof model === 'string' ? model : undefined,
        options: fitAt === 'never' ? { ...known, index: 'exact' } : known,
      };
    }
  }
  throw invalid('settings', `settings of type ${typeof settings}, or without what a store needs`);
}

function invalid(where: string, what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${where}: got ${what}, expected what a store has saved.`,
    remedy: 'Save the store again.',
  });
}
