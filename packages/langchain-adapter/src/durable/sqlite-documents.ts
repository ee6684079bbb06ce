import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError, RowSet } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import type { DocumentEntry } from '../documents/document-batch.ts';
import type { Documents } from '../documents/documents.ts';
import type { CompiledFilter } from '../filters/document-filter.ts';
import { MetadataIndex } from '../filters/metadata-index.ts';
import { fromTypedJson, toTypedJson } from '../snapshot/typed-json.ts';
import { fromSqlText, toSqlText } from './sqlite-text.ts';
import type { StoreFile } from './store-file.ts';
import { checksumOf } from './store-file.ts';

interface DocumentRow {
  readonly row: number;
  readonly id: string | Uint8Array;
  readonly given: number;
  readonly content: string | Uint8Array;
  readonly metadata: string;
  readonly types: string | null;
  readonly checksum: number;
}

const columns = 'row, id, given, content, metadata, types, checksum';
const rowsPerPage = 256;

/** Documents in the file of a store: in memory are which rows there are, and the fields that filters ask for. */
export class SqliteDocuments implements Documents {
  version = 0;
  count: number;
  readonly #file: StoreFile;
  readonly #metadata: MetadataIndex;
  /** Rows that documents with the same ids leave, when what is staged is committed. */
  #left: number[] = [];
  #staged: { readonly row: number; readonly metadata: unknown }[] = [];

  /**
   * @param rows of all documents, in increasing order
   * @param fields of metadata that are indexed as documents are added
   */
  constructor(file: StoreFile, rows: ArrayLike<number>, fields: readonly string[] | undefined) {
    this.#file = file;
    this.#metadata = new MetadataIndex((row) => this.at(row)?.document.metadata, fields);
    this.#metadata.addUnread(Array.from(rows));
    this.count = rows.length;
  }

  get(id: string): DocumentEntry | undefined {
    const found = this.#file.get<DocumentRow>(
      `SELECT ${columns} FROM documents WHERE id = ?`,
      toSqlText(id),
    );
    return found && this.#entryOf(found);
  }

  at(row: number): DocumentEntry | undefined {
    const found = this.#file.get<DocumentRow>(
      `SELECT ${columns} FROM documents WHERE row = ?`,
      row,
    );
    return found && this.#entryOf(found);
  }

  async stage(
    entries: readonly DocumentEntry[],
    firstRow: number,
    task: TaskOptions = {},
  ): Promise<void> {
    const file = this.#file;
    const total = entries.length;
    for (const [done, { id, document }] of entries.entries()) {
      if (done % 64 === 0) await checkpoint(task, { stage: 'store', done, total });
      const before = file.getNow<{ row: number }>(
        'SELECT row FROM documents WHERE id = ?',
        toSqlText(id),
      );
      if (before) {
        file.run('DELETE FROM documents WHERE row = ?', before.row);
        this.#left.push(before.row);
      }
      const row = firstRow + done;
      const { pageContent, metadata } = document;
      const { json, types } = toTypedJson(metadata, `document "${id}": metadata`);
      const written = {
        row,
        id: toSqlText(id),
        given: document.id === undefined ? 0 : 1,
        content: toSqlText(pageContent),
        metadata: JSON.stringify(json),
        types: Object.keys(types).length > 0 ? JSON.stringify(types) : null,
      };
      file.run(
        `INSERT INTO documents (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        row,
        written.id,
        written.given,
        written.content,
        written.metadata,
        written.types,
        checksumOfDocument(written),
      );
      this.#staged.push({ row, metadata });
    }
  }

  commit(): number[] {
    const left = this.#left;
    this.#noteRemoved(left);
    const count = this.count + this.#staged.length - left.length;
    this.#file.set('count', count);
    this.#file.commit();
    this.count = count;
    for (const row of left) this.#metadata.delete(row);
    for (const { row, metadata } of this.#staged) this.#metadata.add(row, metadata);
    this.#left = [];
    this.#staged = [];
    this.version++;
    return left;
  }

  rollBack(): void {
    this.#left = [];
    this.#staged = [];
    this.#file.rollback();
  }

  async remove(ids: readonly string[], left: (rows: readonly number[]) => void): Promise<void> {
    const file = this.#file;
    file.begin();
    try {
      for (const [done, id] of ids.entries()) {
        if (done % 64 === 0) await checkpoint({}, { stage: 'delete', done, total: ids.length });
        const found = file.getNow<{ row: number }>(
          'SELECT row FROM documents WHERE id = ?',
          toSqlText(id),
        );
        if (!found) continue;
        file.run('DELETE FROM documents WHERE row = ?', found.row);
        this.#left.push(found.row);
      }
      left(this.commit());
    } catch (cause) {
      this.rollBack();
      throw cause;
    }
  }

  *[Symbol.iterator](): Generator<DocumentEntry> {
    for (let from = -1; ; ) {
      const page = this.#file.all<DocumentRow>(
        `SELECT ${columns} FROM documents WHERE row > ? ORDER BY row LIMIT ${rowsPerPage}`,
        from,
      );
      const last = page.at(-1);
      if (!last) return;
      for (const found of page) yield this.#entryOf(found);
      from = last.row;
    }
  }

  occupied(): number[] {
    return this.#file
      .all<{ row: number }>('SELECT row FROM documents ORDER BY row')
      .map(({ row }) => row);
  }

  async idsWhere(filter: CompiledFilter | undefined): Promise<string[]> {
    const rows = filter ? (await this.allowed(filter)).rows() : this.occupied();
    const ids: string[] = [];
    for (const [done, row] of rows.entries()) {
      if (done % 64 === 0) await checkpoint({}, { stage: 'filter', done, total: rows.length });
      const found = this.#file.get<{ id: string | Uint8Array }>(
        'SELECT id FROM documents WHERE row = ?',
        row,
      );
      if (found) ids.push(fromSqlText(found.id));
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
      for (let from = -1; ; ) {
        const page = this.#file.all<DocumentRow>(
          `SELECT ${columns} FROM documents WHERE row > ? ORDER BY row LIMIT ${rowsPerPage}`,
          from,
        );
        const last = page.at(-1);
        if (!last) return rows;
        for (const found of page) if (passes(this.#entryOf(found).document)) rows.add(found.row);
        from = last.row;
        await turn();
      }
    }
    for (const row of selection.maybe ? RowSet.ofWords(selection.maybe).rows() : []) {
      if (asked++ % 64 === 0) await turn();
      const entry = this.at(row);
      if (entry && passes(entry.document)) rows.add(row);
    }
    return rows;
  }

  /** Takes up what another process has written. */
  note(added: readonly number[], removed: readonly number[]): void {
    this.#metadata.addUnread(added);
    for (const row of removed) this.#metadata.delete(row);
    this.count += added.length - removed.length;
    this.version++;
  }

  /** For other processes that read, and for what is left of these rows to be collected. */
  #noteRemoved(rows: readonly number[]): void {
    for (const row of rows) {
      this.#file.run('INSERT INTO removals (row, collected) VALUES (?, 0)', row);
    }
  }

  #entryOf(found: DocumentRow): DocumentEntry {
    const { row, id, given, content, metadata, types, checksum } = found;
    if (checksumOfDocument(found) !== checksum)
      throw this.#file.damaged(`the document of row ${row}`);
    try {
      const restored = fromTypedJson({
        json: JSON.parse(metadata),
        types: types === null ? {} : JSON.parse(types),
      });
      const document = new Document({
        pageContent: fromSqlText(content),
        metadata: restored as Document['metadata'],
        ...(given === 1 && { id: fromSqlText(id) }),
      });
      return { id: fromSqlText(id), document };
    } catch (cause) {
      throw new BitryoshkaError({
        code: 'invalid-file',
        message: `${this.#file.path}: got metadata of row ${row} that cannot be read.`,
        remedy: 'Check that this is the right file.',
        cause,
      });
    }
  }
}

function checksumOfDocument({
  row,
  id,
  given,
  content,
  metadata,
  types,
}: Omit<DocumentRow, 'checksum'>): number {
  return checksumOf(`${row} ${given}`, id, content, metadata, types ?? '');
}
