import type { ExactIndex, FlatIndex, Quantizer, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, loadQuantizer } from '@bitryoshka/core';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { DocumentTable } from '../documents/document-table.ts';
import { isPlainObject } from '../documents/plain-value.ts';
import type {
  BinaryVectorStoreOptions,
  LoadOptions,
  QuantizerRecipe,
} from '../store/store-options.ts';
import { decodeDocumentLines, encodeDocumentLines } from './document-lines.ts';
import { loadFileSystem } from './file-system.ts';
import { decodeIndexFile, encodeIndexFile } from './index-file.ts';

/** What a store consists of. */
export interface StoreParts {
  /** Undefined while no vector has told the dimension. */
  readonly index: ExactIndex | FlatIndex | undefined;
  /** In the order of the index's rows, which have no others. */
  readonly documents: DocumentTable;
  readonly options: Omit<BinaryVectorStoreOptions, 'quantizer' | 'bits'> & {
    readonly quantizer?: QuantizerRecipe | undefined;
  };
}

const kind = 'vector-store';
const documentsFile = 'documents.jsonl';
const indexFile = 'vectors.safetensors';
const quantizerFile = 'quantizer.safetensors';

/**
 * Saves a store to a folder. Progress is counted in documents, and in vectors after
 * them.
 *
 * @throws BitryoshkaError `write-failed`, or `not-supported` for metadata that cannot be saved and where
 *   there is no file system
 */
export async function saveStore(
  directory: string,
  { index, documents, options }: StoreParts,
  { signal, onProgress }: TaskOptions,
): Promise<void> {
  const { writeSnapshot } = await loadFileSystem();
  const quantizer = quantizerOf(index);
  const { fitAt, storage, ...others } = options;
  const total = 2 * documents.count;
  let done = 0;
  await writeSnapshot(
    directory,
    {
      kind,
      settings: {
        dimensions: index?.dimensions ?? null,
        // JSON has no infinity.
        options: {
          ...others,
          fitAt: fitAt === Infinity ? 'never' : fitAt,
          ...(typeof storage === 'string' && { storage }),
        },
      },
      files: {
        [documentsFile]: encodeDocumentLines(counted(documents)),
        ...(index && { [indexFile]: encodeIndexFile(index, (rows) => report(rows)) }),
        ...(quantizer && { [quantizerFile]: [quantizer.save()] }),
      },
    },
    { signal },
  );

  function* counted(entries: Iterable<DocumentEntry>): Generator<DocumentEntry> {
    for (const entry of entries) {
      yield entry;
      done++;
      if (done % 1000 === 0) report(0);
    }
  }

  function report(more: number): void {
    done += more;
    onProgress?.({ stage: 'save', done, total });
  }
}

/**
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `unsupported-version`, `truncated-file` or
 *   `checksum-mismatch`
 */
export async function loadStore(
  directory: string,
  { signal, storage, norms, prefixBits }: Omit<LoadOptions, 'fitAt' | 'depth'>,
): Promise<StoreParts> {
  const { readSnapshot } = await loadFileSystem();
  return readSnapshot(
    directory,
    kind,
    async ({ settings, files }) => {
      const { dimensions, options: saved } = parseSettings(settings);
      const documentLines = files[documentsFile];
      if (!documentLines) throw invalid('no documents');
      const quantizerBytes = await files[quantizerFile]?.read();
      const quantizer = quantizerBytes && loadQuantizer(quantizerBytes);
      const indexBytes = await files[indexFile]?.read();
      const index =
        dimensions !== undefined && indexBytes
          ? decodeIndexFile(indexBytes, dimensions, quantizer, {
              storage: storage ?? saved.storage,
              norms: norms ?? saved.norms,
              prefixBits: prefixBits ?? saved.prefixBits,
            })
          : undefined;
      const documents = new DocumentTable();
      let lines = 0;
      for await (const entry of decodeDocumentLines(documentLines.stream())) {
        documents.append([entry], lines++);
      }
      const vectors = index?.rows ?? 0;
      if (documents.count !== vectors || lines !== vectors) {
        throw invalid(`${documents.count} documents for ${vectors} vectors`);
      }
      return { index, documents, options: saved };
    },
    { signal },
  );
}

function quantizerOf(index: ExactIndex | FlatIndex | undefined): Quantizer | undefined {
  return index && 'quantizer' in index ? index.quantizer : undefined;
}

function parseSettings(settings: unknown): {
  readonly dimensions: number | undefined;
  readonly options: StoreParts['options'];
} {
  if (isPlainObject(settings)) {
    const { dimensions, options } = settings;
    const known = Number.isSafeInteger(dimensions) && (dimensions as number) > 0;
    if ((dimensions === null || known) && isPlainObject(options)) {
      const { fitAt, ...others } = options;
      return {
        dimensions: known ? (dimensions as number) : undefined,
        // The store checks them as it checks those of any caller.
        options: { ...others, fitAt: fitAt === 'never' ? Infinity : (fitAt as number | undefined) },
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
