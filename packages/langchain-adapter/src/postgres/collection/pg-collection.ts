import type { Quantizer } from '@bitryoshka/core';
import { BitryoshkaError, loadQuantizer } from '@bitryoshka/core';
import { isSameValue } from '../../documents/plain-value.ts';
import type { Language } from '../../lexical/languages.ts';
import type { QuantizerRecipe } from '../../store/store-options.ts';
import { databaseError } from '../database/pg-errors.ts';
import type { PgPool, PgQueryable } from '../database/pg-pool.ts';
import { inTransaction } from '../database/pg-pool.ts';
import type { PgSchema, PgStorage } from '../database/pg-schema.ts';
import { fromPgText, toPgText } from '../database/pg-text.ts';
import { regconfigOf } from '../sql/words-sql.ts';
import { AttachedPlace } from './attached-place.ts';
import type { AttachedTable, FoundTable } from './attached-table.ts';
import type { PgPlace } from './pg-place.ts';
import { OwnPlace } from './pg-place.ts';
import { searchedBits } from './pg-values.ts';

/** How far a search looks. */
export interface PgDepth {
  /** Codes that are nearest by Hamming distance, and handed on. */
  readonly candidates: number;
  /** How many of them are compared by their vectors; the others are left behind by the score of their codes. */
  readonly rerank: number;
  /** How many are compared by their vectors by clients that hold all codes, and score these. */
  readonly local?: number | undefined;
}

/** How nearest codes are found. */
export type PgIndex =
  | { readonly kind: 'scan' }
  | { readonly kind: 'hnsw'; readonly m: number; readonly efConstruction: number }
  | {
      readonly kind: 'ivfflat';
      readonly lists: number;
      readonly probes: number;
      /** For how many it was made. */
      readonly documents?: number | undefined;
    };

/** What is fixed when a collection is made. */
interface CollectionOptions {
  readonly storage: PgStorage;
  /** Declared fields, in the order of their columns f1, f2, … */
  readonly fields: readonly string[];
  /** Whose words are searched; null for vectors alone. */
  readonly language: Language | null;
  /** Which documents lie here of a collection over several servers; null for all. */
  readonly part: CollectionPart | null;
  /** The table of others where they lie; null for one of ours. */
  readonly attached: AttachedTable | null;
}

/** One server's share of a collection. */
export interface CollectionPart {
  /** Known to all of them, and to no others. */
  readonly set: string;
  readonly place: number;
  readonly count: number;
}

/** What a collection is to be. */
export interface WantedCollection extends Partial<Omit<CollectionOptions, 'part' | 'attached'>> {
  readonly part?: WantedPart | undefined;
}

export interface WantedPart extends Omit<CollectionPart, 'set'> {
  /** Undefined for any. */
  readonly set: string | undefined;
  /** Whether it must be there: others have documents, so that one that is made now would lack its own. */
  readonly isMade: boolean;
}

/** Codes of one version of a quantizer. */
export interface CodesVersion {
  readonly version: number;
  readonly quantizer: Quantizer;
  readonly table: string;
}

/** A collection as it is in the database. */
export interface CollectionState {
  readonly id: number;
  readonly options: CollectionOptions;
  /** Undefined before there was a vector, and a table of documents. */
  readonly dimensions: number | undefined;
  readonly model: string | undefined;
  /** What searches read. */
  readonly active: CodesVersion | undefined;
  /** What is being filled beside it. */
  readonly building: CodesVersion | undefined;
  readonly index: PgIndex;
  readonly depth: PgDepth | undefined;
  readonly place: PgPlace;
  /** What stands behind FROM and before an alias for the documents. */
  readonly documents: string;
}

/** As it lies in the table. */
interface CollectionRow {
  readonly id: number;
  readonly options: CollectionOptions;
  readonly dimensions: number | null;
  readonly model: string | null;
  readonly active: number | null;
  readonly building: number | null;
  readonly index: PgIndex | null;
  readonly depth: PgDepth | null;
}

/** How long a client goes by what it has read of a collection: another may have fitted codes since. */
const freshMilliseconds = 10_000;
/** Of a declared field: an entry of an index holds 2,704 at most. */
const mostIndexedBytes = 1000;
/** How long a claim outlives the client that made it. */
const claimSeconds = 60;

/** More would not fit into what PostgreSQL keeps of the words of a text. */
const mostSearchedCharacters = 200_000;

/** One collection: what the database says of it, and the tables that it has. */
export class PgCollection {
  readonly pool: PgPool;
  readonly schema: PgSchema;
  readonly name: string;
  /** By collection and version; they never change. */
  readonly #quantizers: Map<string, Quantizer> = new Map();
  #known: { readonly state: CollectionState; readonly read: number } | undefined;

  constructor(pool: PgPool, schema: PgSchema, name: string) {
    this.pool = pool;
    this.schema = schema;
    this.name = name;
  }

  /** As it was when it was last looked at, however long ago. */
  get known(): CollectionState | undefined {
    return this.#known?.state;
  }

  /** As it was when it was last looked at, which is not long ago. */
  async state(): Promise<CollectionState> {
    const known = this.#known;
    const isFresh = known && performance.now() - known.read < freshMilliseconds;
    return isFresh && known.state.dimensions !== undefined ? known.state : this.refresh();
  }

  async refresh(): Promise<CollectionState> {
    return this.read(this.pool);
  }

  /**
   * @param lock keeps it as it is until the transaction ends: `SHARE` for changes of documents, `UPDATE` for those of
   *   the collection
   * @throws BitryoshkaError `database-failed` for a collection that is gone
   */
  async read(client: PgQueryable, lock?: 'SHARE' | 'UPDATE'): Promise<CollectionState> {
    for (let gone: number | undefined; ; ) {
      const state = await this.#read(client, lock);
      if (typeof state !== 'number') {
        // What a transaction sees may yet be rolled back.
        if (!lock) this.#known = { state, read: performance.now() };
        return state;
      }
      // Codes that another client has replaced since the row was read are not in it any more.
      if (state === gone) throw noQuantizer(this.name, state);
      gone = state;
    }
  }

  /** @returns the version of a quantizer that is not there, where that is so */
  async #read(
    client: PgQueryable,
    lock: 'SHARE' | 'UPDATE' | undefined,
  ): Promise<CollectionState | number> {
    const { names } = this.schema;
    const { rows } = await client.query<CollectionRow>(
      `SELECT id, options, dimensions, model, active, building, index, depth FROM ${names.collections}
       WHERE name = $1 ${lock ? `FOR ${lock}` : ''}`,
      [toPgText(this.name)],
    );
    const row = rows[0];
    if (!row) {
      throw new BitryoshkaError({
        code: 'database-failed',
        message: `collection "${this.name}": got none, expected that which was opened.`,
        remedy: 'It was dropped meanwhile: open it again to make a new one.',
      });
    }
    const { id } = row;
    const options = fromSaved(row.options);
    const place = this.#placeOf(id, options);
    for (const version of [row.active, row.building]) {
      if (version !== null && !(await this.#load(client, id, version))) return version;
    }
    return {
      id,
      options,
      dimensions: row.dimensions ?? (await place.dimensions?.(client)),
      model: row.model === null ? undefined : fromPgText(row.model),
      active: this.#codes(id, row.active),
      building: this.#codes(id, row.building),
      index: row.index ?? { kind: 'scan' },
      depth: row.depth ?? undefined,
      place,
      documents: place.documents,
    };
  }

  /** Makes the collection where there is none; brings what was declared since up to date. */
  async open(options: WantedCollection, signal?: AbortSignal): Promise<CollectionState> {
    const { names } = this.schema;
    await inTransaction(
      this.pool,
      async (client) => {
        const made: CollectionOptions = {
          storage: 'halfvec',
          fields: [],
          language: null,
          attached: null,
          ...options,
          part: toPart(options.part),
        };
        const { rowCount } = await client.query(
          `INSERT INTO ${names.collections} (name, options) SELECT $1, $2
           WHERE NOT EXISTS (SELECT 1 FROM ${names.collections} WHERE name = $1) ON CONFLICT (name) DO NOTHING`,
          [toPgText(this.name), JSON.stringify(toSaved(made))],
        );
        if (rowCount === 1 && options.part?.isMade) throw notPart(null, options.part);
        const state = await this.read(client);
        if (isCovered(state.options, options)) return;
        await this.#extend(client, await this.read(client, 'UPDATE'), options);
      },
      { signal },
    );
    return this.refresh();
  }

  #placeOf(id: number, { attached, storage }: CollectionOptions): PgPlace {
    if (!attached) return new OwnPlace(this.schema, id, storage);
    return new AttachedPlace(this.schema, id, attached, storage);
  }

  /**
   * Makes the collection of a table of others, with what lies beside it, where there is none; anew where the table was.
   *
   * @param table in which it is looked for, within a transaction
   */
  async attach(
    table: (client: PgQueryable) => Promise<FoundTable>,
    signal?: AbortSignal,
  ): Promise<CollectionState> {
    const { names } = this.schema;
    await inTransaction(
      this.pool,
      async (client) => {
        const { attached, storage, dimensions } = await table(client);
        const { rows } = await client.query(`SELECT 1 FROM ${names.collections} WHERE name = $1`, [
          toPgText(this.name),
        ]);
        if (rows.length > 0) {
          const { place, options } = await this.read(client);
          const isSame = isSameValue(options.attached, attached) && options.storage === storage;
          if (!isSame || !place.attachment) throw attachedElsewhere(this.name);
          if (await place.attachment.isAttached(client)) return;
          await this.drop(client);
        }
        const options = { storage, fields: [], language: null, part: null, attached };
        const made = await client.query<{ id: number }>(
          `INSERT INTO ${names.collections} (name, options, dimensions) VALUES ($1, $2, $3)
           ON CONFLICT (name) DO NOTHING RETURNING id`,
          [toPgText(this.name), JSON.stringify(options), dimensions ?? null],
        );
        const id = made.rows[0]?.id;
        // Another client was quicker.
        if (id !== undefined) {
          await new AttachedPlace(this.schema, id, attached, storage).attach(client);
        }
      },
      { signal, doing: 'attaching a table' },
    );
    return this.refresh();
  }

  /** The table of documents, which is made for the first vector; the collection is locked. */
  async createDocuments(
    client: PgQueryable,
    { id, options, documents }: CollectionState,
    dimensions: number,
  ): Promise<void> {
    const { names } = this.schema;
    if (!options.attached) await this.#createTable(client, { id, options, documents }, dimensions);
    await client.query(`UPDATE ${names.collections} SET dimensions = $2 WHERE id = $1`, [
      id,
      dimensions,
    ]);
  }

  async #createTable(
    client: PgQueryable,
    { id, options, documents }: Pick<CollectionState, 'id' | 'options' | 'documents'>,
    dimensions: number,
  ): Promise<void> {
    const { names } = this.schema;
    await client.query(
      `CREATE TABLE ${documents} (
        row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text COLLATE "C" NOT NULL UNIQUE,
        given boolean NOT NULL,
        content text NOT NULL,
        metadata jsonb NOT NULL,
        types jsonb,
        vector ${names.type(options.storage)}(${dimensions}) NOT NULL
      )`,
    );
    for (const [i, path] of options.fields.entries()) await this.#addField(client, id, i, path);
    if (options.language) await this.#addWords(client, id, options.language);
  }

  /** A table of codes, which are to be searched, or to be filled beside others; the collection is locked. */
  async createCodes(
    client: PgQueryable,
    { id, place }: CollectionState,
    {
      quantizer,
      recipe,
      as,
    }: {
      readonly quantizer: Quantizer;
      readonly recipe: QuantizerRecipe | undefined;
      readonly as: 'active' | 'building';
    },
  ): Promise<CodesVersion> {
    const { names } = this.schema;
    const { rows } = await client.query(
      // Numbers are not given twice: clients know quantizers by them.
      `WITH next AS (UPDATE ${names.collections} SET versions = versions + 1 WHERE id = $1 RETURNING versions)
       INSERT INTO ${names.quantizers} (collection, version, bits, file, recipe, fitted_below)
       SELECT $1, versions, $2, $3, $4, (SELECT coalesce(max(row), 0) + 1 FROM ${place.numbers}) FROM next RETURNING version`,
      [id, quantizer.bits, quantizer.save(), recipe ? JSON.stringify(recipe) : null],
    );
    const version = Number(rows[0]?.version);
    const table = names.codes(id, version);
    await client.query(
      `CREATE TABLE ${table} (
        row bigint PRIMARY KEY, scale real, code bit(${searchedBits(quantizer)}) NOT NULL, tail bytea,
        changed xid8 DEFAULT pg_current_xact_id()
      )`,
    );
    await client.query(
      `CREATE INDEX ${names.index('codes', id, version, 'changed')} ON ${table} (changed)`,
    );
    await client.query(`UPDATE ${names.collections} SET ${as} = $2 WHERE id = $1`, [id, version]);
    return { version, quantizer, table };
  }

  /** Forgets codes with their table; the collection is locked, and does not name them any more. */
  async dropCodes(client: PgQueryable, { id }: CollectionState, version: number): Promise<void> {
    const { names } = this.schema;
    await client.query(`DROP TABLE IF EXISTS ${names.codes(id, version)}`);
    await client.query(`DELETE FROM ${names.quantizers} WHERE collection = $1 AND version = $2`, [
      id,
      version,
    ]);
  }

  /** All that there is of it, within a transaction. */
  async drop(client: PgQueryable): Promise<void> {
    const { names } = this.schema;
    const { attachment } = (await this.read(client)).place;
    await attachment?.lock(client);
    const state = await this.read(client, 'UPDATE');
    for (const codes of [state.active, state.building]) {
      if (codes) await this.dropCodes(client, state, codes.version);
    }
    if (attachment) await attachment.detach(client);
    else await client.query(`DROP TABLE IF EXISTS ${state.documents}`);
    await client.query(`DELETE FROM ${names.collections} WHERE id = $1`, [state.id]);
    this.#known = undefined;
  }

  /**
   * Does something that only one client may do at a time. The claim runs out by itself where a client dies; no
   * connection is held for it, so that it works through poolers.
   *
   * @param task is given what asserts, in a transaction in which the collection is locked, that the claim still holds
   * @throws BitryoshkaError `write-conflict` where another client is at it
   */
  async alone<T>(
    task: (assertHeld: (client: PgQueryable) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const { collections } = this.schema.names;
    const { id } = await this.state();
    const holder = globalThis.crypto.randomUUID();
    const until = `now() + interval '${claimSeconds} seconds'`;
    const claimed = await this.#query(
      `UPDATE ${collections} SET holder = $2, held_until = ${until}
       WHERE id = $1 AND (holder IS NULL OR held_until < now()) RETURNING id`,
      [id, holder],
    );
    if (claimed.rows.length === 0) throw this.#heldByOther();
    const renew = () =>
      this.pool
        .query(`UPDATE ${collections} SET held_until = ${until} WHERE id = $1 AND holder = $2`, [
          id,
          holder,
        ])
        // The next one may succeed; where none does, the claim is lost, which is found at the end.
        .catch(() => undefined);
    const timer = setInterval(renew, (claimSeconds * 1000) / 4);
    if (typeof timer === 'object') timer.unref();
    try {
      return await task(async (client) => {
        const { rows } = await client.query(
          `SELECT 1 FROM ${collections} WHERE id = $1 AND holder = $2`,
          [id, holder],
        );
        if (rows.length === 0) throw this.#heldByOther();
      });
    } finally {
      clearInterval(timer);
      await this.pool
        .query(`UPDATE ${collections} SET holder = NULL WHERE id = $1 AND holder = $2`, [
          id,
          holder,
        ])
        .catch(() => undefined);
    }
  }

  #heldByOther(): BitryoshkaError {
    return new BitryoshkaError({
      code: 'write-conflict',
      message: `collection "${this.name}": got another client that fits or indexes it, expected none.`,
      remedy: `Wait until it has finished; where it died, for ${claimSeconds} seconds.`,
    });
  }

  async #query(text: string, values: unknown[]): Promise<{ rows: Record<string, unknown>[] }> {
    try {
      return await this.pool.query(text, values);
    } catch (cause) {
      throw databaseError(cause, 'reading the collection');
    }
  }

  #codes(id: number, version: number | null): CodesVersion | undefined {
    const quantizer = this.#quantizers.get(`${id}/${version}`);
    return version === null || !quantizer
      ? undefined
      : { version, quantizer, table: this.schema.names.codes(id, version) };
  }

  /** @returns whether it is there */
  async #load(client: PgQueryable, id: number, version: number): Promise<boolean> {
    const key = `${id}/${version}`;
    if (this.#quantizers.has(key)) return true;
    const { rows } = await client.query<{ file: Uint8Array }>(
      `SELECT file FROM ${this.schema.names.quantizers} WHERE collection = $1 AND version = $2`,
      [id, version],
    );
    if (!rows[0]) return false;
    this.#quantizers.set(key, loadQuantizer(new Uint8Array(rows[0].file)));
    return true;
  }

  async #extend(
    client: PgQueryable,
    { id, dimensions, options }: CollectionState,
    wanted: WantedCollection,
  ): Promise<void> {
    if (wanted.storage !== undefined && wanted.storage !== options.storage) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `storage: got "${wanted.storage}", expected "${options.storage}", as the collection has it.`,
        remedy: 'Leave storage out, or name another collection.',
      });
    }
    if (options.attached) throw notOfAttached(this.name);
    const fields = [...new Set([...options.fields, ...(wanted.fields ?? [])])];
    const language = wanted.language === undefined ? options.language : wanted.language;
    const part = checkedPart(options.part, wanted.part, dimensions);
    if (dimensions !== undefined) {
      for (let i = options.fields.length; i < fields.length; i++) {
        await this.#addField(client, id, i, fields[i] as string);
      }
      if (language !== options.language) {
        const documents = this.schema.names.documents(id);
        await client.query(`ALTER TABLE ${documents} DROP COLUMN IF EXISTS words`);
        if (language) await this.#addWords(client, id, language);
      }
    }
    await client.query(`UPDATE ${this.schema.names.collections} SET options = $2 WHERE id = $1`, [
      id,
      JSON.stringify(toSaved({ ...options, fields, language, part })),
    ]);
  }

  async #addField(client: PgQueryable, id: number, place: number, path: string): Promise<void> {
    const { names } = this.schema;
    const column = `f${place + 1}`;
    // Literals are made by the server: statements that define tables take no parameters.
    const { rows } = await client.query<{ literal: string }>(
      'SELECT quote_literal($1::text[]) AS literal',
      [path.split('.').map(toPgText)],
    );
    const documents = names.documents(id);
    const value = `metadata #> ${rows[0]?.literal ?? ''}`;
    // An object stands for what filters look up in the metadata: it says nothing by itself, and fits into an index.
    const kept = `CASE WHEN jsonb_typeof(${value}) IN ('array', 'object') OR octet_length((${value})::text) > ${mostIndexedBytes}
      THEN '{}'::jsonb ELSE ${value} END`;
    await client.query(
      `ALTER TABLE ${documents} ADD COLUMN ${column} jsonb GENERATED ALWAYS AS (${kept}) STORED`,
    );
    const index = names.index('documents', id, column);
    await client.query(`CREATE INDEX ${index} ON ${documents} (${column})`);
    // In jsonb strings are ordered by the language of the database; filters order them as JavaScript does.
    const texts = names.index('documents', id, column, 'text');
    await client.query(
      `CREATE INDEX ${texts} ON ${documents} (((${column} #>> '{}') COLLATE "C"))`,
    );
  }

  async #addWords(client: PgQueryable, id: number, language: Language): Promise<void> {
    const { names } = this.schema;
    const documents = names.documents(id);
    const text = `left(content, ${mostSearchedCharacters})`;
    await client.query(
      `ALTER TABLE ${documents} ADD COLUMN words tsvector
       GENERATED ALWAYS AS (to_tsvector('${regconfigOf(language)}', ${text})) STORED`,
    );
    const index = names.index('documents', id, 'words');
    await client.query(`CREATE INDEX ${index} ON ${documents} USING gin (words)`);
  }
}

function noQuantizer(name: string, version: number): BitryoshkaError {
  return new BitryoshkaError({
    code: 'database-failed',
    message: `collection "${name}": got no quantizer of version ${version}, expected that of its codes.`,
    remedy: 'Restore the table of quantizers from a backup.',
  });
}

function notOfAttached(name: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: `fields, hybrid: got some for "${name}", expected none for a table of PGVectorStore, which has no room for them.`,
    remedy: 'Leave them out, or copy the documents into a collection: copyStore.',
  });
}

function attachedElsewhere(name: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `collection: got "${name}", which is there and has other documents, expected that of the table.`,
    remedy: 'Name another collection.',
  });
}

function toSaved(options: CollectionOptions): CollectionOptions {
  return { ...options, fields: options.fields.map(toPgText) };
}

function fromSaved(options: CollectionOptions): CollectionOptions {
  return { ...options, fields: options.fields.map(fromPgText) };
}

function isCovered(options: CollectionOptions, wanted: WantedCollection): boolean {
  const { storage, fields = [], language, part } = wanted;
  return (
    isPart(options.part, part) &&
    (storage === undefined || storage === options.storage) &&
    (language === undefined || language === options.language) &&
    fields.every((path) => options.fields.includes(path))
  );
}

function toPart(wanted: WantedPart | undefined): CollectionPart | null {
  if (!wanted) return null;
  const { set = globalThis.crypto.randomUUID(), place, count } = wanted;
  return { set, place, count };
}

function isPart(known: CollectionPart | null, wanted: WantedPart | undefined): boolean {
  if (!known || !wanted) return !known && !wanted;
  const { set = known.set, place, count } = wanted;
  return known.set === set && known.place === place && known.count === count;
}

/** A collection becomes a part while it is empty, and stays it: its documents would be looked for elsewhere. */
function checkedPart(
  known: CollectionPart | null,
  wanted: WantedPart | undefined,
  dimensions: number | undefined,
): CollectionPart | null {
  if (isPart(known, wanted)) return known;
  if (!known && dimensions === undefined && !wanted?.isMade) return toPart(wanted);
  throw notPart(known, wanted);
}

function notPart(known: CollectionPart | null, wanted: WantedPart | undefined): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `collection: got ${partText(known)}, expected ${partText(wanted)}.`,
    remedy:
      'A collection over several servers is opened by PgPartitionedVectorStore, with the servers and the order that it was made with.',
  });
}

function partText(part: CollectionPart | WantedPart | null | undefined): string {
  if (!part) return 'a whole one';
  const { set, place, count } = part;
  return `part ${place} of ${count}${set === undefined ? '' : ` of the set ${set}`}`;
}
