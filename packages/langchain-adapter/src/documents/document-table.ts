import { RowSet } from '@bitryoshka/core';
import type { DocumentInterface } from '@langchain/core/documents';
import type { DocumentEntry } from './document-batch.ts';

/** The documents of an index's rows, in the order in which they were added. */
export class DocumentTable {
  readonly #entries: Map<number, DocumentEntry> = new Map();
  readonly #rowById: Map<string, number> = new Map();

  get count(): number {
    return this.#rowById.size;
  }

  /**
   * Puts the documents in the rows from `firstRow` on; documents with the same ids leave theirs.
   *
   * @returns the rows that were left
   */
  append(entries: Iterable<DocumentEntry>, firstRow: number): number[] {
    const left: number[] = [];
    let row = firstRow;
    for (const entry of entries) {
      const before = this.delete(entry.id);
      if (before !== undefined) left.push(before);
      this.#rowById.set(entry.id, row);
      this.#entries.set(row, entry);
      row++;
    }
    return left;
  }

  /** @returns the row that the document was in, if there was one */
  delete(id: string): number | undefined {
    const row = this.#rowById.get(id);
    if (row === undefined) return undefined;
    this.#rowById.delete(id);
    this.#entries.delete(row);
    return row;
  }

  get(id: string): DocumentEntry | undefined {
    const row = this.#rowById.get(id);
    return row === undefined ? undefined : this.#entries.get(row);
  }

  at(row: number): DocumentEntry | undefined {
    return this.#entries.get(row);
  }

  /** All documents, in the order of their rows. */
  [Symbol.iterator](): IterableIterator<DocumentEntry> {
    return this.#entries.values();
  }

  /** The rows of all documents whose id is not among `except`, in increasing order. */
  occupied(except?: ReadonlySet<string>): number[] {
    const rows: number[] = [];
    for (const [row, { id }] of this.#entries) if (!except?.has(id)) rows.push(row);
    return rows;
  }

  /** The rows of the documents that satisfy the predicate. */
  allowed(predicate: (document: DocumentInterface) => boolean): RowSet {
    const rows = new RowSet();
    for (const [row, { document }] of this.#entries) if (predicate(document)) rows.add(row);
    return rows;
  }
}
