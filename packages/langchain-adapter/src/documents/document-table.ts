import { RowSet } from '@bitryoshka/core';
import type { DocumentInterface } from '@langchain/core/documents';
import type { DocumentEntry } from './document-batch.ts';

/** The documents of an index's rows. Deleted and replaced documents leave their row empty. */
export class DocumentTable {
  readonly #entries: (DocumentEntry | undefined)[] = [];
  readonly #rowById: Map<string, number> = new Map();
  readonly #alive: RowSet = new RowSet();

  /** Rows, empty ones included. */
  get rows(): number {
    return this.#entries.length;
  }

  /** Documents. */
  get count(): number {
    return this.#rowById.size;
  }

  /** Puts the documents in the next rows; documents with the same ids leave theirs. */
  append(entries: Iterable<DocumentEntry>): void {
    for (const entry of entries) {
      this.delete(entry.id);
      this.#rowById.set(entry.id, this.rows);
      this.#alive.add(this.rows);
      this.#entries.push(entry);
    }
  }

  /** Leaves the rows up to `rows` empty. */
  skipTo(rows: number): void {
    while (this.rows < rows) this.#entries.push(undefined);
  }

  delete(id: string): void {
    const row = this.#rowById.get(id);
    if (row === undefined) return;
    this.#rowById.delete(id);
    this.#alive.delete(row);
    this.#entries[row] = undefined;
  }

  get(id: string): DocumentEntry | undefined {
    const row = this.#rowById.get(id);
    return row === undefined ? undefined : this.#entries[row];
  }

  at(row: number): DocumentEntry | undefined {
    return this.#entries[row];
  }

  /** All documents, in the order of their rows. */
  *[Symbol.iterator](): Generator<DocumentEntry> {
    for (const entry of this.#entries) if (entry) yield entry;
  }

  /** The rows of all documents whose id is not among `except`, in increasing order. */
  occupied(except?: ReadonlySet<string>): number[] {
    const rows: number[] = [];
    for (const [row, entry] of this.#entries.entries()) {
      if (entry && !except?.has(entry.id)) rows.push(row);
    }
    return rows;
  }

  /** The rows of the documents that satisfy the predicate. Without one: a view of the table. */
  allowed(predicate?: (document: DocumentInterface) => boolean): RowSet {
    if (!predicate) return this.#alive;
    return RowSet.where(this.rows, (row) => {
      const entry = this.#entries[row];
      return entry !== undefined && predicate(entry.document);
    });
  }

  /** The same documents without the empty rows. */
  compacted(): DocumentTable {
    const table = new DocumentTable();
    table.append(this);
    return table;
  }
}
