import { BitryoshkaError, RowSet } from '@bitryoshka/core';
import type { Metadata } from './compile-query.ts';
import { FieldColumn } from './field-column.ts';
import type { QueryNode } from './query-node.ts';
import type { Selection } from './selection.ts';
import { complement, intersect, unite } from './selection.ts';

/** Fields that are indexed because filters ask for them: those that were asked for last. */
const mostUsed = 8;
/** Rows that a field takes in at one use, so that no search waits long for it; the rest follow later. */
const rowsPerUse = 1 << 17;
/** The same where it is done in turns. */
const rowsPerStep = 256;

/** What the metadata of rows say, field by field. */
export class MetadataIndex {
  readonly #metadataOf: (row: number) => Metadata;
  readonly #declared: readonly FieldColumn[];
  /** By path; that used last is last. */
  readonly #used: Map<string, FieldColumn> = new Map();
  #rows: RowSet = new RowSet();
  #end = 0;

  /**
   * @param metadataOf a row that was added
   * @param fields to index as rows are added; others are indexed as they are asked for
   * @throws BitryoshkaError `invalid-option`
   */
  constructor(metadataOf: (row: number) => Metadata, fields: readonly string[] = []) {
    checkFields(fields);
    this.#metadataOf = metadataOf;
    this.#declared = fields.map((path) => new FieldColumn(path));
  }

  /** Those that were declared. */
  get fields(): readonly string[] {
    return this.#declared.map(({ path }) => path);
  }

  /** Others that are indexed because filters ask for them. */
  get askedFields(): readonly string[] {
    return [...this.#used.keys()];
  }

  /** @param row higher than any before */
  add(row: number, metadata: Metadata): void {
    const before = this.#end;
    this.#rows.add(row);
    this.#end = row + 1;
    // What does not know the rows before takes this one in when it is asked for.
    for (const column of this.#declared) if (column.covered >= before) column.add(row, metadata);
  }

  /**
   * Rows whose metadata are read when they are asked for.
   *
   * @param end of all rows
   */
  addUnread(rows: RowSet, end: number): void {
    if (this.#end === 0) this.#rows = RowSet.ofWords(rows.words.slice());
    else for (const row of rows.rows()) this.#rows.add(row);
    this.#end = Math.max(this.#end, end);
  }

  delete(row: number): void {
    this.#rows.delete(row);
    for (const column of this.#declared) column.delete(row);
    for (const column of this.#used.values()) column.delete(row);
  }

  /** The rows that a query lets through, as far as they are indexed; undefined for what no index can tell. */
  select(query: QueryNode): Selection | undefined {
    return asksFields(query) ? this.#select(query) : undefined;
  }

  #select(node: QueryNode): Selection {
    switch (node.kind) {
      case 'and':
      case 'or': {
        const parts = node.parts.map((part) => this.#select(part));
        if (parts.length === 0) return { yes: this.#all(), maybe: undefined };
        return parts.reduce(node.kind === 'and' ? intersect : unite);
      }
      case 'not':
        return complement(this.#select(node.part), this.#all());
      case 'field': {
        const column = this.#column(node.path);
        const selection = column.select(node.test, this.#words);
        if (column.covered >= this.#end) return selection;
        return { ...selection, maybe: this.#uncovered(column.covered, selection.maybe) };
      }
      default:
        return { yes: this.#none(), maybe: this.#all() };
    }
  }

  get #words(): number {
    return Math.ceil(this.#end / 32);
  }

  #none(): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#words);
  }

  #all(): Uint32Array<ArrayBuffer> {
    const all = this.#none();
    all.set(this.#rows.words.subarray(0, all.length));
    return all;
  }

  /** Indexes the fields that a query asks for, some rows at each step. */
  *fill(query: QueryNode): Generator<void> {
    for (const path of fieldsOf(query)) {
      while (this.#column(path, rowsPerStep).covered < this.#end) yield;
    }
  }

  #column(path: string, most: number = rowsPerUse): FieldColumn {
    const declared = this.#declared.find((column) => column.path === path);
    const column = declared ?? this.#used.get(path) ?? new FieldColumn(path);
    if (!declared) {
      this.#used.delete(path);
      this.#used.set(path, column);
      const [oldest] = this.#used.keys();
      if (this.#used.size > mostUsed && oldest !== undefined) this.#used.delete(oldest);
    }
    const { words } = this.#rows;
    let left = most;
    while (column.covered < this.#end && left > 0) {
      const row = column.covered;
      if ((((words[row >>> 5] as number) >>> (row & 31)) & 1) === 1) {
        column.add(row, this.#metadataOf(row));
        left--;
      } else column.covered++;
    }
    return column;
  }

  /** The rows from `start` on, and those given. */
  #uncovered(start: number, given: Uint32Array<ArrayBuffer> | undefined): Uint32Array<ArrayBuffer> {
    const rows = this.#all();
    rows.fill(0, 0, start >>> 5);
    if (start % 32 !== 0) rows[start >>> 5] = (rows[start >>> 5] as number) & (-1 << (start & 31));
    if (given)
      for (let w = 0; w < rows.length; w++) rows[w] = (rows[w] as number) | (given[w] as number);
    return rows;
  }
}

function fieldsOf(node: QueryNode): string[] {
  if (node.kind === 'field') return [node.path];
  if (node.kind === 'not') return fieldsOf(node.part);
  return 'parts' in node ? node.parts.flatMap(fieldsOf) : [];
}

function asksFields(node: QueryNode): boolean {
  if (node.kind === 'not') return asksFields(node.part);
  return node.kind === 'field' || ('parts' in node && node.parts.some(asksFields));
}

function checkFields(fields: unknown): void {
  if (!Array.isArray(fields)) throw invalid('fields', fields, 'a list of paths');
  for (const [i, path] of fields.entries()) {
    if (typeof path !== 'string' || path === '' || path.startsWith('$')) {
      throw invalid(`fields[${i}]`, path, 'the name or the path of a field of metadata');
    }
    if (fields.indexOf(path) !== i) throw invalid(`fields[${i}]`, path, 'each field once');
  }
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${JSON.stringify(got)}, expected ${expected}.`,
    remedy: "Name fields as filters do: fields: ['lang', 'loc.pageNumber'].",
  });
}
