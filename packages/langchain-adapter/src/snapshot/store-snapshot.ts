import type { AutoIndexOptions, TaskOptions } from '@bitryoshka/core';
import { AutoIndex, BitryoshkaError, loadQuantizer, saveIndex } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { DocumentTable } from '../documents/document-table.ts';
import { isPlainObject } from '../documents/plain-value.ts';
import type { WordSearch } from '../lexical/hybrid-options.ts';
import { createWordSearch } from '../lexical/hybrid-options.ts';
import { loadLexicalIndex, saveLexicalIndex } from '../lexical/lexical-index-file.ts';
import type { NodePlatform } from '../platform.ts';
import { loadNodePlatform } from '../platform.ts';
import type {
  BinaryVectorStoreOptions,
  LoadOptions,
  QuantizerRecipe,
} from '../store/store-options.ts';
import { decodeDocumentLines, encodeDocumentLines } from './document-lines.ts';
import { decodeOldIndexFile } from './old-index-file.ts';

/** Options of a store that are saved with it. */
export type SavedOptions = Omit<
  BinaryVectorStoreOptions,
  'quantizer' | 'bits' | 'onIndexProgress'
> & {
  readonly quantizer?: QuantizerRecipe | undefined;
};

/** What a store consists of. */
export interface StoreParts {
  /** Undefined while no vector has told the dimension. */
  readonly index: AutoIndex | undefined;
  /** In the order of the index's rows, which have no others. */
  readonly documents: DocumentTable;
}

const kind = 'vector-store';
/** Documents between two looks at the clock. */
const rowsPerTurn = 10;
const documentsFile = 'documents.jsonl';
const indexFile = 'index.safetensors';
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
  { index, documents, options }: StoreParts & { readonly options: SavedOptions },
  { signal, onProgress }: TaskOptions,
): Promise<void> {
  const { writeSnapshot } = await fileSystem();
  const { index: indexKind, targetRecall, depth, fields, hybrid, storage, quantizer } = options;
  const { words } = documents;
  const total = 2 * documents.count;
  let done = 0;
  await writeSnapshot(
    directory,
    {
      kind,
      settings: {
        dimensions: index?.dimensions ?? null,
        options: {
          index: indexKind,
          targetRecall,
          depth,
          fields,
          quantizer,
          hybrid: typeof hybrid === 'object' ? { ...hybrid, tokenize: undefined } : hybrid,
          ...(typeof storage === 'string' && { storage }),
        },
      },
      files: {
        [documentsFile]: encodeDocumentLines(counted(documents)),
        ...(words?.tokenizer && { [wordsFile]: saveLexicalIndex(words.index, words.tokenizer) }),
        ...(index && {
          [indexFile]: saveIndex(index, {
            onProgress: (progress) => report((documents.count * progress.done) / progress.total),
          }),
        }),
      },
    },
    { signal },
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

/**
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `unsupported-version`, `truncated-file` or
 *   `checksum-mismatch`
 */
export async function loadStore(
  directory: string,
  { signal, fields, hybrid }: Pick<LoadOptions, 'signal' | 'fields' | 'hybrid'>,
  indexOptions: (saved: SavedOptions) => (dimensions: number) => AutoIndexOptions,
): Promise<StoreParts> {
  const { readSnapshot } = await fileSystem();
  return readSnapshot(
    directory,
    kind,
    async ({ settings, files }) => {
      const { dimensions, options: saved } = parseSettings(settings);
      const optionsOf = indexOptions(saved);
      const documentLines = files[documentsFile];
      if (!documentLines) throw invalid('no documents');
      let index: AutoIndex | undefined;
      if (dimensions !== undefined && files[indexFile]) {
        const { quantizer: _, ...options } = optionsOf(dimensions);
        index = await AutoIndex.load(await files[indexFile].read(), { ...options, signal });
      } else if (dimensions !== undefined && files[oldIndexFile]) {
        const quantizerBytes = await files[oldQuantizerFile]?.read();
        const quantizer = quantizerBytes && loadQuantizer(quantizerBytes);
        const file = await files[oldIndexFile].read();
        index = decodeOldIndexFile(file, quantizer, optionsOf(dimensions));
      }
      if (index && index.dimensions !== dimensions) {
        throw invalid(`vectors of ${index.dimensions} dimensions, settings for ${dimensions}`);
      }
      const rows = index?.rowIds() ?? new Uint32Array(0);
      const created = createWordSearch(hybrid ?? saved.hybrid);
      const restored = created && (await restoreWords(created, files[wordsFile], signal));
      const documents = new DocumentTable(fields ?? saved.fields, restored ?? created);
      let lines = 0;
      for await (const entry of decodeDocumentLines(documentLines.stream())) {
        if (lines % rowsPerTurn === 0) {
          await checkpoint({ signal }, { stage: 'load', done: lines, total: rows.length });
        }
        documents.append([entry], rows[lines++] ?? 0, { isIndexed: restored !== undefined });
      }
      if (documents.count !== rows.length || lines !== rows.length) {
        throw invalid(`${documents.count} documents for ${rows.length} vectors`);
      }
      if (restored?.index.lengths().rows.some((row) => !documents.at(row))) {
        throw invalid('words of documents that are not there');
      }
      return { index, documents };
    },
    { signal },
  );
}

/** @returns undefined where words were saved of another tokenizer, or not at all */
async function restoreWords(
  created: WordSearch,
  file: { read(): Promise<Uint8Array> } | undefined,
  signal: AbortSignal | undefined,
): Promise<WordSearch | undefined> {
  const { tokenizer, tokenize } = created;
  if (!file || tokenizer === undefined) return undefined;
  const index = await loadLexicalIndex(await file.read(), { tokenizer, tokenize }, { signal });
  return index && { ...created, index };
}

async function fileSystem(): Promise<NodePlatform> {
  const node = await loadNodePlatform();
  if (node) return node;
  throw new BitryoshkaError({
    code: 'not-supported',
    message: 'got no file system, expected Node.',
    remedy: 'Save and load stores in Node; in a browser, add the documents each time.',
  });
}

function parseSettings(settings: unknown): {
  readonly dimensions: number | undefined;
  readonly options: SavedOptions;
} {
  if (isPlainObject(settings)) {
    const { dimensions, options } = settings;
    const isKnown = Number.isSafeInteger(dimensions) && (dimensions as number) > 0;
    if ((dimensions === null || isKnown) && isPlainObject(options)) {
      // The store checks them as it checks those of any caller. Some were options once.
      const { fitAt, norms: _norms, prefixBits: _prefixBits, ...known } = options;
      return {
        dimensions: isKnown ? (dimensions as number) : undefined,
        options: fitAt === 'never' ? { ...known, index: 'exact' } : known,
      };
    }
  }
  throw invalid(`settings ${JSON.stringify(settings)}`);
}

function invalid(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `vector store: got ${what}, expected what a store has saved.`,
    remedy: 'Save the store again.',
  });
}
