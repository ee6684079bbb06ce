import type { TaskOptions } from '@bitryoshka/core';
import { RowSet } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { Document } from '@langchain/core/documents';
import type { DocumentEntry } from '../documents/document-batch.ts';
import type { Documents } from '../documents/documents.ts';
import type { CompiledFilter } from '../filters/document-filter.ts';
import { MetadataIndex } from '../filters/metadata-index.ts';
import type { WordSearch } from '../lexical/hybrid-options.ts';
import type { DocumentRow } from './document-row.ts';
import { decodeDocument, documentColumns, encodeDocument } from './document-row.ts';
import { SqliteLexicalIndex } from './sqlite-lexical-index.ts';
import { toSqlText } from './sqlite-text.ts';
import type { StoreFile } from './store-file.ts';

/** What changes together with documents that are added or removed. */
export interface ChangeBeside {
  /** Ids of documents that go as others are added. */
  readonly removed: readonly string[];
  /** Writes what nobody looks at before the change is sealed. */
  readonly stage: (file: StoreFile) => Promise<void>;
  /** Makes that count, as the change is sealed. */
  readonly write: (file: StoreFile) => void;
}

const rowsPerPage = 256;

/** Documents in the file of a store: in memory are which rows there are, and the fields that filters ask for. */
export class SqliteDocuments implements Documents {
  readonly words: WordSearch | undefined;
  /** What the next change brings with it. */
  beside: ChangeBeside | undefined;
  readonly #file: StoreFile;
  /** Which rows there are: of others, what is left is collected later. */
  readonly #rows: RowSet;
  readonly #metadata: MetadataIndex;
  /** What is set when a change is sealed. */
  readonly #finish: () => void;
  /** Rows that documents leave, when what is staged is sealed. */
  #left: Set<number> = new Set();
  #staged: { readonly row: number; readonly metadata: Document['metadata'] }[] = [];

  /**
   * @param rows of all documents, taken over
   * @param end behind the last of them
   * @param options `fields`: of metadata, that are indexed as documents are added; `finish`: sets, as a change is
   *   sealed, what counts
   */
  constructor(
    file: StoreFile,
    rows: RowSet,
    end: number,
    {
      fields,
      words,
      finish,
    }: {
      readonly fields: readonly string[] | undefined;
      readonly words: WordSearch | undefined;
      readonly finish: () => void;
    },
  ) {
    this.#file = file;
    this.#rows = rows;
    this.#metadata = new MetadataIndex((row) => this.at(row)?.document.metadata ?? {}, fields);
    this.#metadata.addUnread(rows, end);
    this.#finish = finish;
    const isThere = (row: number) => rows.has(row);
    this.words = words && {
      ...words,
      index: new SqliteLexicalIndex(file, words.tokenize, isThere),
    };
  }

  get count(): number {
    return this.#rows.size;
  }

  get askedFields(): readonly string[] {
    return this.#metadata.askedFields;
  }

  get(id: string): DocumentEntry | undefined {
    const row = this.#rowOf(id);
    return row === undefined ? undefined : this.at(row);
  }

  at(row: number): DocumentEntry | undefined {
    if (!this.#rows.has(row)) return undefined;
    const found = this.#file.get<DocumentRow>(
      `SELECT ${documentColumns} FROM documents WHERE row = ?`,
      row,
    );
    if (found) return this.#entryOf(found);
    // Where another process writes, it may have gone since.
    if (this.#file.isReadOnly) return undefined;
    throw this.#file.damaged(`the document of row ${row}`);
  }

  async stage(
    entries: readonly DocumentEntry[],
    firstRow: number,
    task: TaskOptions = {},
  ): Promise<void> {
    const total = entries.length;
    await this.beside?.stage(this.#file);
    for (const id of this.beside?.removed ?? []) {
      const row = this.#rowOf(id);
      if (row !== undefined) this.#stageRemoval(row);
    }
    for (const [done, { id, document }] of entries.entries()) {
      if (done % 64 === 0) await checkpoint(task, { stage: 'store', done, total });
      const before = this.#rowOf(id);
      if (before !== undefined) this.#stageRemoval(before);
      const row = firstRow + done;
      const written = encodeDocument(row, { id, document });
      this.#file.run(
        `INSERT INTO documents (${documentColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        row,
        written.id,
        written.given,
        written.content,
        written.metadata,
        written.types,
        written.checksum,
      );
      this.words?.index.add(row, this.words.textOf(document));
      this.#staged.push({ row, metadata: document.metadata });
    }
  }

  commit(): number[] {
    const left = [...this.#left];
    const count = this.count + this.#staged.length - left.length;
    this.#file.seal(() => {
      this.#finish();
      this.#file.set('count', count);
      this.beside?.write(this.#file);
    });
    for (const row of left) {
      this.#rows.delete(row);
      this.#metadata.delete(row);
    }
    for (const { row, metadata } of this.#staged) {
      this.#rows.add(row);
      this.#metadata.add(row, metadata);
    }
    this.#left = new Set();
    this.#staged = [];
    return left;
  }

  rollBack(): void {
    this.#left = new Set();
    this.#staged = [];
    this.#file.rollback();
  }

  async remove(ids: readonly string[], left: (rows: readonly number[]) => void): Promise<void> {
    this.#file.begin();
    try {
      await this.beside?.stage(this.#file);
      for (const [done, id] of ids.entries()) {
        if (done % 64 === 0) await checkpoint({}, { stage: 'delete', done, total: ids.length });
        const row = this.#rowOf(id);
        if (row !== undefined && !this.#left.has(row)) this.#stageRemoval(row);
      }
      left(this.commit());
    } catch (cause) {
      this.rollBack();
      throw cause;
    }
  }

  *[Symbol.iterator](): Generator<DocumentEntry> {
    for (const page of this.#pages()) for (const { entry } of page) yield entry;
  }

  occupied(): number[] {
    return Array.from(this.#rows.rows());
  }

  async idsWhere(filter: CompiledFilter | undefined): Promise<string[]> {
    const rows = filter ? (await this.allowed(filter)).rows() : this.occupied();
    const ids: string[] = [];
    for (const [done, row] of rows.entries()) {
      if (done % 64 === 0) await checkpoint({}, { stage: 'filter', done, total: rows.length });
      const entry = this.at(row);
      if (entry) ids.push(entry.id);
    }
    return ids;
  }

  /** In turns, where metadata have to be read. */
  async allowed({ passes, query }: CompiledFilter): Promise<RowSet> {
    let asked = 0;
    const turn = () => checkpoint({}, { stage: 'filter', done: asked, total: this.count });
    if (query) for (const _ of this.#metadata.fill(query)) await turn();
    const selection = query && this.#metadata.select(query);
    const rows = selection ? RowSet.ofWords(selection.yes) : new RowSet();
    if (!selection) {
      for (const page of this.#pages()) {
        for (const { row, entry } of page) if (passes(entry.document)) rows.add(row);
        await turn();
      }
      return rows;
    }
    for (const row of selection.maybe ? RowSet.ofWords(selection.maybe).rows() : []) {
      if (asked++ % 64 === 0) await turn();
      const entry = this.at(row);
      if (entry && passes(entry.document)) rows.add(row);
    }
    return rows;
  }

  /** Puts the words of all documents in their table, in turns. */
  async indexWords(task: TaskOptions): Promise<void> {
    const { words } = this;
    if (!words) return;
    const file = this.#file;
    file.createWords();
    let done = 0;
    for (const page of this.#pages()) {
      file.transaction(() => {
        for (const { row, entry } of page) words.index.add(row, words.textOf(entry.document));
      });
      done += page.length;
      await checkpoint(task, { stage: 'words', done, total: this.count });
    }
  }

  /** Takes up what another process has written. */
  note(added: readonly number[], removed: readonly number[]): void {
    for (const row of added) this.#rows.add(row);
    this.#metadata.addUnread(RowSet.of(added), (added.at(-1) ?? -1) + 1);
    for (const row of removed) {
      this.#rows.delete(row);
      this.#metadata.delete(row);
    }
  }

  /** Of those with the id, the row that is there: others wait to be collected, or are being added. */
  #rowOf(id: string): number | undefined {
    return this.#file
      .all<{ row: number }>('SELECT row FROM documents WHERE id = ?', toSqlText(id))
      .find(({ row }) => this.#rows.has(row))?.row;
  }

  #stageRemoval(row: number): void {
    this.#file.run('INSERT INTO removals (row, collected) VALUES (?, 0)', row);
    this.#left.add(row);
  }

  /** All documents, some at a time, in the order of their rows. */
  *#pages(): Generator<{ readonly row: number; readonly entry: DocumentEntry }[]> {
    const rows = this.#rows.rows();
    for (let start = 0; start < rows.length; start += rowsPerPage) {
      const some = rows.slice(start, start + rowsPerPage);
      const found = this.#file.all<DocumentRow>(
        `SELECT ${documentColumns} FROM documents WHERE row BETWEEN ? AND ?`,
        some[0] as number,
        some.at(-1) as number,
      );
      const byRow = new Map(found.map((each) => [each.row, each]));
      yield some.flatMap((row) => {
        const each = byRow.get(row);
        const entry = each && this.#rows.has(row) ? this.#entryOf(each) : this.at(row);
        return entry ? [{ row, entry }] : [];
      });
    }
  }

  #entryOf(found: DocumentRow): DocumentEntry {
    const entry = decodeDocument(found);
    if (entry) return entry;
    throw this.#file.damaged(`the document of row ${found.row}`);
  }
}
