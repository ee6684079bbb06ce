import { BitryoshkaError } from '@bitryoshka/core';

const schemaPattern = /^[A-Za-z_][A-Za-z0-9_]{0,40}$/;

/**
 * Names of tables, types and operators, ready to be part of a statement. Tables are numbered by us: nothing that a
 * collection, a field or an id is called becomes a part of SQL.
 */
export class PgNames {
  /** Of the tables, as it is called. */
  readonly schema: string;
  readonly collections: string;
  readonly quantizers: string;
  readonly format: string;
  /** Changes of several servers that are made, or are not to be made any more. */
  readonly decisions: string;
  /** Scores codes by what a query makes of them. */
  readonly decodedScore: string;
  readonly #vectorSchema: string;

  /**
   * @param schema of the tables
   * @param vectorSchema that pgvector was created in
   * @throws BitryoshkaError `invalid-option`
   */
  constructor(schema: string, vectorSchema: string) {
    checkSchema(schema);
    this.schema = schema;
    this.collections = this.#own('collections');
    this.quantizers = this.#own('quantizers');
    this.format = this.#own('format');
    this.decisions = this.#own('decisions');
    this.decodedScore = this.#own('decoded_score');
    this.#vectorSchema = quoted(vectorSchema);
  }

  documents(collection: number): string {
    return this.#own(`documents_${number(collection)}`);
  }

  codes(collection: number, version: number): string {
    return this.#own(`codes_${number(collection)}_${number(version)}`);
  }

  /** Of an attached table: which row has which key. */
  rows(collection: number): string {
    return this.#own(`rows_${number(collection)}`);
  }

  /** Of an attached table: rows that have no codes. */
  uncoded(collection: number): string {
    return this.#own(`uncoded_${number(collection)}`);
  }

  /** The function that follows the changes of an attached table. */
  follow(collection: number): string {
    return this.#own(`follow_${number(collection)}`);
  }

  /** What calls it, for rows and for the whole table. */
  triggers(collection: number): { readonly rows: string; readonly table: string } {
    const name = `${this.schema}_${number(collection)}`;
    return { rows: quoted(name), table: quoted(`${name}_truncate`) };
  }

  /** An index of a table of ours; such names stand without a schema where indexes are made. */
  index(table: 'documents' | 'codes', ...numbers: (number | string)[]): string {
    return quoted([table, ...numbers].join('_'));
  }

  inSchema(index: string): string {
    return `${quoted(this.schema)}.${index}`;
  }

  /** A type or a class of operators of pgvector. */
  type(name: string): string {
    return `${this.#vectorSchema}.${name}`;
  }

  /** An operator of pgvector. */
  operator(name: '<~>' | '<#>' | '<=>' | '='): string {
    return `OPERATOR(${this.#vectorSchema}.${name})`;
  }

  #own(table: string): string {
    return `${quoted(this.schema)}.${quoted(table)}`;
  }
}

/** @throws BitryoshkaError `invalid-option` */
export function checkSchema(schema: unknown): void {
  if (typeof schema === 'string' && schemaPattern.test(schema)) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `schema: got ${JSON.stringify(schema)}, expected letters, digits and underscores, at most 41.`,
    remedy: 'Name a schema such as "bitryoshka".',
  });
}

export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

function number(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new TypeError(`got ${value} for the number of a table`);
}
