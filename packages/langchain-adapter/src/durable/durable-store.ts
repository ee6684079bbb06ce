import type { AutoIndex, AutoIndexOptions, TaskOptions, VectorFormatName } from '@bitryoshka/core';
import { BitryoshkaError, RowSet } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import { isPlainObject } from '../documents/plain-value.ts';
import { createWordSearch, customTokenizer } from '../lexical/hybrid-options.ts';
import type { SavedOptions } from '../snapshot/store-snapshot.ts';
import type { BinaryVectorStoreOptions } from '../store/store-options.ts';
import { readOptions } from '../store/store-options.ts';
import { DurableIndex } from './durable-index.ts';
import { SqliteDocuments } from './sqlite-documents.ts';
import { checkDurableStorage } from './sqlite-vectors.ts';
import type { StoreFileOptions } from './store-file.ts';
import { StoreFile } from './store-file.ts';

/** Whose file it is: of a vector store, or of a store of LangGraph, which has items beside its documents. */
export type StoreFileKind = 'documents' | 'items';

const kinds: Readonly<Record<StoreFileKind, { readonly what: string; readonly opener: string }>> = {
  documents: { what: 'documents', opener: 'BinaryVectorStore.open of @bitryoshka/langchain' },
  items: {
    what: 'items of LangGraph',
    opener: 'BinaryStore.open of @bitryoshka/langchain/langgraph',
  },
};

/** A store in its file: what is opened, and what is written of each change. */
export class DurableStore {
  readonly file: StoreFile;
  readonly index: DurableIndex;
  #state: number | undefined;
  #kind: StoreFileKind = 'documents';
  /** Which model made the vectors, as it is to be written with the next change. */
  model: string | undefined;

  /** @throws BitryoshkaError as `StoreFile` */
  constructor(path: string, options: StoreFileOptions) {
    this.file = new StoreFile(path, options);
    this.index = new DurableIndex(this.file);
  }

  /** The options that the store had; undefined for a new one. */
  get options(): SavedOptions | undefined {
    const options = this.file.setting('options');
    return isPlainObject(options) ? readOptions(options) : undefined;
  }

  /**
   * @throws BitryoshkaError `invalid-file` for a file of another kind; files of before that was written count as what
   *   is in them
   */
  checkKind(expected: StoreFileKind): void {
    const { file } = this;
    this.#kind = expected;
    const known = kindOf(file.setting('kind'), file.hasTable('items'), file.setting('count'));
    if (known === undefined || known === expected) return;
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${file.path}: got a file of ${kinds[known].what}, expected one of ${kinds[expected].what}.`,
      remedy: `Open it with ${kinds[known].opener}, or name another file.`,
    });
  }

  /**
   * How vectors are written.
   *
   * @throws BitryoshkaError `invalid-option` for another format than they were written in before
   */
  format(wanted: unknown): VectorFormatName {
    const known = this.options?.storage as VectorFormatName | undefined;
    const format = wanted === undefined ? (known ?? 'float32') : checkDurableStorage(wanted);
    if (known === undefined || known === format) return format;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `storage: got ${format} for a file with vectors as ${known}.`,
      remedy: 'Leave storage out, or open a new file.',
    });
  }

  saveOptions(options: SavedOptions): void {
    const kind = this.#kind;
    const known = (name: string) => this.file.setting(name);
    const isSame = JSON.stringify(known('options')) === JSON.stringify(options);
    const isKnown = known('count') !== undefined;
    if (isSame && isKnown && known('kind') === kind && known('model') === this.model) return;
    this.file.begin();
    this.file.seal(() => {
      this.file.set('kind', kind);
      this.file.set('options', options);
      this.writeModel();
      if (!isKnown) this.file.set('count', 0);
    });
  }

  /** Within a seal. */
  writeModel(): void {
    if (this.file.setting('model') !== this.model) this.file.set('model', this.model);
  }

  async load(
    optionsOf: (dimensions: number) => AutoIndexOptions,
    { fields, hybrid }: Pick<BinaryVectorStoreOptions, 'fields' | 'hybrid'>,
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<{ readonly index: AutoIndex | undefined; readonly documents: SqliteDocuments }> {
    let state: number | undefined;
    this.#state = undefined;
    const { index, rows } = await this.file.atOnce(() => {
      state = this.file.state;
      const model = this.file.setting('model');
      this.model = typeof model === 'string' ? model : undefined;
      return this.index.load(optionsOf, task);
    });
    this.#state = state;
    const there = new RowSet();
    for (const [done, row] of rows.entries()) {
      if (done % 4096 === 0) await checkpoint(task, { stage: 'load', done, total: rows.length });
      there.add(row);
    }
    const words = createWordSearch(hybrid);
    const documents = new SqliteDocuments(this.file, there, (rows.at(-1) ?? -1) + 1, {
      fields,
      words,
      finish: () => {
        this.index.finish();
        this.writeModel();
      },
    });
    if (words) await this.#prepareWords(documents, words.tokenizer ?? customTokenizer, task);
    // What is added without words would be missing among those that are there.
    else if (!this.file.isReadOnly && this.file.setting('words')) this.#set('words', null);
    return { index, documents };
  }

  /** Indexes words anew where they are not there, or of another tokenizer. */
  async #prepareWords(
    documents: SqliteDocuments,
    tokenizer: string,
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<void> {
    const { file } = this;
    if (file.setting('words') === tokenizer) return;
    if (file.isReadOnly) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `hybrid: got it for ${file.path}, which has no words, or others.`,
        remedy: 'Open it with the same option to write, once.',
      });
    }
    this.#set('words', null);
    await documents.indexWords(task);
    this.#set('words', tokenizer);
  }

  #set(name: string, value: unknown): void {
    this.file.begin();
    this.file.seal(() => this.file.set(name, value));
  }

  /** Whether another process has written since the file was read: for stores that only read. */
  get isStale(): boolean {
    return this.file.isReadOnly && this.file.state !== this.#state;
  }

  /** What another process has written since, as of one moment; undefined where all has to be read anew. */
  refresh(index: AutoIndex): ReturnType<DurableIndex['refresh']> {
    return this.file.atOnce(() => {
      const { state } = this.file;
      this.#state = undefined;
      const changes = this.index.refresh(index);
      this.#state = state;
      return changes;
    });
  }

  close(): void {
    this.file.close();
  }
}

/** @returns undefined where neither the settings nor what is in the file tell */
export function kindOf(
  setting: unknown,
  hasItems: boolean,
  documents: unknown,
): StoreFileKind | undefined {
  if (setting === 'documents' || setting === 'items') return setting;
  if (hasItems) return 'items';
  return typeof documents === 'number' && documents > 0 ? 'documents' : undefined;
}
