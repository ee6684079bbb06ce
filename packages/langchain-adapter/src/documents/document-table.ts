import type { TaskOptions } from '@bitryoshka/core';
import { RowSet } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { CompiledFilter } from '../filters/document-filter.ts';
import { MetadataIndex } from '../filters/metadata-index.ts';
import type { WordSearch } from '../lexical/hybrid-options.ts';
import type { MemoryLexicalIndex } from '../lexical/memory-lexical-index.ts';
import type { DocumentEntry } from './document-batch.ts';
import type { Documents } from './documents.ts';
import { RowPages } from './row-pages.ts';

/** Documents between two looks at the clock. */
const rowsPerTurn = 10;

/** Documents in memory. */
export class DocumentTable implements Documents {
  readonly #entries: RowPages<DocumentEntry> = new RowPages();
  /** Of rows that are not committed as well: what an id had before is in `#replaced` then. */
  readonly #rowById: Map<string, number> = new Map();
  readonly #replaced: Map<string, number> = new Map();
  #count = 0;
  readonly #metadata: MetadataIndex;
  /** Finds documents by their words; undefined where only vectors are searched. */
  readonly words: WordSearch<MemoryLexicalIndex> | undefined;
  /** Rows from here on are not committed. */
  #end = 0;
  #staged = { firstRow: 0, count: 0 };

  /**
   * @param fields of metadata that are indexed as documents are added
   * @throws BitryoshkaError `invalid-option`
   */
  constructor(fields?: readonly string[], words?: WordSearch<MemoryLexicalIndex>) {
    this.words = words;
    this.#metadata = new MetadataIndex(
      (row) => (this.#entries.get(row) as DocumentEntry).document.metadata,
      fields,
    );
  }

  get count(): number {
    return this.#count;
  }

  get askedFields(): readonly string[] {
    return this.#metadata.askedFields;
  }

  /** The same documents in the same rows, with other vectors. */
  async withVectors(
    vectors: ReadonlyMap<number, number[]>,
    task: TaskOptions,
  ): Promise<DocumentTable> {
    const table = new DocumentTable(this.#metadata.fields);
    for (const [done, row] of this.occupied().entries()) {
      if (done % rowsPerTurn === 0) {
        await checkpoint(task, { stage: 'store', done, total: this.#count });
      }
      const entry = this.#entries.get(row) as DocumentEntry;
      table.append([{ ...entry, vector: vectors.get(row) as number[] }], row);
    }
    return table;
  }

  /**
   * Puts documents, no two of the same id, in the rows from `firstRow` on; those with the same ids leave theirs.
   *
   * @param options `isIndexed`: whether their words are in their place already
   * @returns the rows that were left
   */
  append(
    entries: readonly DocumentEntry[],
    firstRow: number,
    { isIndexed = false }: { readonly isIndexed?: boolean } = {},
  ): number[] {
    for (const [i, entry] of entries.entries()) this.#put(firstRow + i, entry, isIndexed);
    return this.commit(entries.length, firstRow);
  }

  /**
   * The same in two steps for many, of which only the second is seen: first they are put in place, in turns. Until
   * they are committed, there are no others to be added.
   */
  async stage(
    entries: readonly DocumentEntry[],
    firstRow: number,
    task: TaskOptions = {},
  ): Promise<void> {
    const total = entries.length;
    this.#staged = { firstRow, count: 0 };
    for (const [done, entry] of entries.entries()) {
      if (done % rowsPerTurn === 0) await checkpoint(task, { stage: 'store', done, total });
      this.#put(firstRow + done, entry);
      this.#staged.count++;
    }
  }

  rollBack(): void {
    const { firstRow, count } = this.#staged;
    this.#staged = { firstRow: 0, count: 0 };
    for (let i = 0; i < count; i++) this.#takeBack(firstRow + i);
    this.#replaced.clear();
  }

  /** @returns the rows that were left by documents with the same ids */
  commit(count: number, firstRow: number): number[] {
    const left = [...this.#replaced.values()];
    this.#staged = { firstRow: 0, count: 0 };
    this.#replaced.clear();
    this.words?.index.commit();
    for (const row of left) this.#remove(row);
    this.#count += count - left.length;
    this.#end = Math.max(this.#end, firstRow + count);
    return left;
  }

  remove(ids: readonly string[], left: (rows: readonly number[]) => void): void {
    left(ids.map((id) => this.delete(id)).filter((row) => row !== undefined));
  }

  /** @returns the row that the document was in, if there was one */
  delete(id: string): number | undefined {
    const row = this.#rowOf(id);
    if (row === undefined) return undefined;
    if (!this.#replaced.delete(id)) this.#rowById.delete(id);
    this.#remove(row);
    this.#count--;
    return row;
  }

  #rowOf(id: string): number | undefined {
    const row = this.#rowById.get(id);
    return row !== undefined && row >= this.#end ? this.#replaced.get(id) : row;
  }

  #put(row: number, entry: DocumentEntry, isIndexed = false): void {
    const { id, document } = entry;
    // First, as a tokenizer of the caller's may throw.
    if (!isIndexed) this.words?.index.add(row, this.words.textOf(document));
    this.#entries.add(row, entry);
    this.#metadata.add(row, document.metadata);
    const before = this.#rowById.get(id);
    if (before !== undefined) this.#replaced.set(id, before);
    this.#rowById.set(id, row);
  }

  #takeBack(row: number): void {
    const { id } = this.#entries.get(row) as DocumentEntry;
    const before = this.#replaced.get(id);
    if (before === undefined) this.#rowById.delete(id);
    else this.#rowById.set(id, before);
    this.#remove(row);
  }

  #remove(row: number): void {
    this.#entries.delete(row);
    this.#metadata.delete(row);
    this.words?.index.delete(row);
  }

  get(id: string): DocumentEntry | undefined {
    const row = this.#rowOf(id);
    return row === undefined ? undefined : this.#entries.get(row);
  }

  at(row: number): DocumentEntry | undefined {
    return this.#entries.get(row);
  }

  /** All documents, in the order of their rows. */
  [Symbol.iterator](): IterableIterator<DocumentEntry> {
    return this.#entries.upTo(this.#end);
  }

  /** The rows of all documents whose id is not among `except`, in increasing order. */
  occupied(except?: ReadonlySet<string>): number[] {
    const rows: number[] = [];
    this.#entries.forEach(this.#end, ({ id }, row) => {
      if (!except?.has(id)) rows.push(row);
    });
    return rows;
  }

  idsWhere(filter: CompiledFilter | undefined): string[] {
    return this.entriesWhere(filter).map(({ id }) => id);
  }

  /** The documents that pass, in the order of their rows, or all. */
  entriesWhere(filter: CompiledFilter | undefined): DocumentEntry[] {
    const rows = filter ? this.allowed(filter).rows() : this.occupied();
    return rows.map((row) => this.#entries.get(row) as DocumentEntry);
  }

  /** The rows of the documents that pass, a set of its own. */
  allowed({ passes, query }: CompiledFilter): RowSet {
    const selection = query && this.#metadata.select(query);
    if (!selection) {
      const rows = new RowSet();
      this.#entries.forEach(this.#end, ({ document }, row) => {
        if (passes(document)) rows.add(row);
      });
      return rows;
    }
    const rows = RowSet.ofWords(selection.yes);
    for (const row of selection.maybe ? RowSet.ofWords(selection.maybe).rows() : []) {
      const entry = this.#entries.get(row);
      if (entry && passes(entry.document)) rows.add(row);
    }
    return rows;
  }
}
