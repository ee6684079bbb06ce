import type { Matrix, Quantizer, TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { DocumentEntry } from '../../documents/document-batch.ts';
import type { QuantizerRecipe } from '../../store/store-options.ts';
import { writeCodes } from '../collection/pg-changes.ts';
import type {
  CodesVersion,
  CollectionState,
  PgCollection,
  PgDepth,
  PgIndex,
} from '../collection/pg-collection.ts';
import type { DocumentRow } from '../collection/pg-documents.ts';
import { decodeDocument } from '../collection/pg-documents.ts';
import { parseUnitVector, parseVector } from '../collection/pg-values.ts';
import type { PgQueryable } from '../database/pg-pool.ts';
import { inTransaction } from '../database/pg-pool.ts';
import type { PgSearch } from '../search/pg-search.ts';

/** How nearest codes are to be found. */
export type PgIndexOptions =
  | { readonly kind: 'scan' }
  | {
      readonly kind: 'hnsw';
      /** Links of a code. Default: 8. */
      readonly m?: number | undefined;
      /** Default: 64. */
      readonly efConstruction?: number | undefined;
    }
  | {
      readonly kind: 'ivfflat';
      /** Default: the square root of the number of documents. */
      readonly lists?: number | undefined;
      /** Lists that a search looks through. Default: the square root of their number. */
      readonly probes?: number | undefined;
    };

const defaultBits = 256;
const rowsPerBatch = 500;
const rowsPerRead = 1000;
const questions = 100;
/** Where comparing all vectors takes long, fewer are asked. */
const fewestQuestions = 25;
const mostMilliseconds = 15_000;
/** A prime above the number of questions. */
const stride = 7919;
const neighbours = 10;
export const targetRecall = 0.98;
const triedCandidates = [50, 100, 200, 400, 800, 1600] as const;
/** Of codes in the memory of a client. */
const triedLocal = [25, 50, 100, 200, 400, 800] as const;
const mostLists = 32_768;

/** Fits the codes of a collection, and indexes them. */
export class PgFits {
  readonly #collection: PgCollection;
  readonly #search: PgSearch;

  constructor(collection: PgCollection, search: PgSearch) {
    this.#collection = collection;
    this.#search = search;
  }

  /** As `alone` of the collection. */
  async alone<T>(task: (assertHeld: AssertHeld) => Promise<T>): Promise<T> {
    return this.#collection.alone(task);
  }

  /** As `index` of the store. */
  async index(options: PgIndexOptions, task: TaskOptions): Promise<void> {
    checkIndex(options);
    const collection = this.#collection;
    const { names } = collection.schema;
    await collection.alone(async (assertHeld) => {
      const state = await collection.refresh();
      const index = await this.#resolve(state, options);
      task.signal?.throwIfAborted();
      if (state.active) await this.#createIndex(state, state.active, index);
      await inTransaction(collection.pool, async (client) => {
        await assertHeld(client);
        await client.query(`UPDATE ${names.collections} SET index = $2 WHERE id = $1`, [
          state.id,
          JSON.stringify(index),
        ]);
      });
    });
    await collection.refresh();
  }

  /** The share of the nearest that searches find, by documents of the collection as questions. */
  async measureRecall(
    depth: Partial<PgDepth> | undefined,
    task: TaskOptions,
  ): Promise<number | undefined> {
    const state = await this.#collection.refresh();
    if (state.dimensions === undefined) return undefined;
    const asked = await this.#questions(state, task);
    if (asked.length === 0) return undefined;
    // By the codes of each moment: another client may fit new ones meanwhile.
    return state.active ? this.#recall(asked, undefined, depth, task) : 1;
  }

  async count({ documents, dimensions }: CollectionState): Promise<number> {
    if (dimensions === undefined) return 0;
    const { rows } = await this.#collection.pool.query<{ count: unknown }>(
      `SELECT count(*) AS count FROM ${documents} d`,
    );
    return Number(rows[0]?.count);
  }

  /** Documents spread over all rows, in the order of these. */
  async sample(
    { documents }: CollectionState,
    most: number,
    { where = 'true', withDocuments = false }: { where?: string; withDocuments?: boolean },
    task: TaskOptions,
  ): Promise<SampledRow[]> {
    const { pool } = this.#collection;
    const { rows } = await pool.query<{ row: unknown }>(
      `SELECT row FROM (
         SELECT row, row_number() OVER (ORDER BY row) - 1 AS place, count(*) OVER () AS total
         FROM ${documents} d WHERE ${where}
       ) s WHERE total <= $1 OR place % (total / $1) = 0 ORDER BY row LIMIT $1`,
      [most],
    );
    const numbers = rows.map(({ row }) => String(row));
    const sampled: SampledRow[] = [];
    const columns = withDocuments ? 'id, given, content, metadata, types, ' : '';
    for (let start = 0; start < numbers.length; start += rowsPerRead) {
      await checkpoint(task, { stage: 'sample', done: start, total: numbers.length });
      const found = await pool.query<DocumentRow & { row: unknown; vector: string }>(
        `SELECT row, ${columns} vector::text AS vector FROM ${documents} d
         WHERE row = ANY($1::bigint[]) ORDER BY row`,
        [numbers.slice(start, start + rowsPerRead)],
      );
      for (const each of found.rows) {
        sampled.push({
          row: String(each.row),
          vector: parseUnitVector(each.vector),
          entry: withDocuments ? decodeDocument(each) : undefined,
        });
      }
    }
    return sampled;
  }

  /** By what the codes that serve were fitted, or the default. */
  async recipe({ id, active, dimensions = 0 }: CollectionState): Promise<QuantizerRecipe> {
    const { names } = this.#collection.schema;
    const { rows } = await this.#collection.pool.query<{ recipe: QuantizerRecipe | null }>(
      `SELECT recipe FROM ${names.quantizers} WHERE collection = $1 AND version = $2`,
      [id, active?.version ?? 0],
    );
    const bits = active?.quantizer.bits ?? Math.min(defaultBits, dimensions);
    return rows[0]?.recipe ?? { kind: 'autoencoder', bits };
  }

  /** The collection as it is, without codes that a client left unfinished when it died. */
  async begin(assertHeld: AssertHeld): Promise<CollectionState> {
    const state = await this.#collection.refresh();
    const { building } = state;
    if (!building) return state;
    await inTransaction(this.#collection.pool, assertHeld);
    await this.discard(building);
    return this.#collection.refresh();
  }

  /**
   * Encodes all documents beside what serves, and looks how much codes find. Where it fails, nothing of it is left.
   *
   * @param recipe to be known for the next time
   */
  async build(
    state: CollectionState,
    {
      quantizer,
      recipe,
    }: { readonly quantizer: Quantizer; readonly recipe: QuantizerRecipe | undefined },
    assertHeld: AssertHeld,
    task: TaskOptions,
  ): Promise<BuiltCodes> {
    const collection = this.#collection;
    const codes = await inTransaction(collection.pool, async (client) => {
      await assertHeld(client);
      let locked = await collection.read(client, 'UPDATE');
      if (locked.dimensions === undefined) {
        await collection.createDocuments(client, locked, quantizer.inputDimensions);
        locked = await collection.read(client, 'UPDATE');
      }
      return collection.createCodes(client, locked, { quantizer, recipe, as: 'building' });
    });
    try {
      await this.#fill(codes, task);
      await this.#createIndex(state, codes, state.index);
      const asked = await this.#questions(state, task);
      const { active } = state;
      const before = active && (await this.#recall(asked, active, undefined, task));
      const { recall: after, depth } = await this.#chooseDepth(asked, codes, task);
      return { codes, depth, questions: asked.length, recall: { before, after } };
    } catch (cause) {
      await this.discard(codes).catch(() => undefined);
      throw cause;
    }
  }

  /** Nothing where they serve: of a switch that failed, perhaps only the answer was lost. */
  async discard({ version }: Pick<CodesVersion, 'version'>): Promise<void> {
    const collection = this.#collection;
    const { names } = collection.schema;
    await inTransaction(collection.pool, async (client) => {
      const state = await collection.read(client, 'UPDATE');
      if (state.active?.version === version) return;
      await client.query(
        `UPDATE ${names.collections} SET building = NULL WHERE id = $1 AND building = $2`,
        [state.id, version],
      );
      await collection.dropCodes(client, state, version);
    });
  }

  /** Encodes all documents, batch by batch, each in a transaction that keeps them from being changed meanwhile. */
  async #fill(building: CodesVersion, task: TaskOptions): Promise<void> {
    const { pool } = this.#collection;
    const state = await this.#collection.refresh();
    const total = await this.count(state);
    let done = 0;
    for (let last: string | undefined = '0'; last !== undefined; ) {
      await checkpoint(task, { stage: 'encode', done: Math.min(done, total), total });
      const from: string = last;
      last = await inTransaction(
        pool,
        async (client) => {
          const { rows } = await client.query<{ row: unknown; vector: string }>(
            `SELECT row, vector::text AS vector FROM ${state.documents} d
             WHERE row > $1 ORDER BY row LIMIT ${rowsPerBatch} FOR SHARE`,
            [from],
          );
          if (rows.length === 0) return undefined;
          const numbers = rows.map(({ row }) => String(row));
          await writeCodes(
            client,
            building,
            matrixOf(rows.map(({ vector }) => parseVector(vector))),
            numbers,
          );
          done += rows.length;
          return numbers.at(-1);
        },
        { signal: task.signal, doing: 'encoding documents' },
      );
    }
    await pool.query(`ANALYZE ${building.table}`);
  }

  /** The new codes serve from now on, and those before are gone. */
  async serve({ codes, depth, recall }: BuiltCodes, assertHeld: AssertHeld): Promise<void> {
    const collection = this.#collection;
    const { names } = collection.schema;
    await inTransaction(collection.pool, async (client) => {
      const state = await collection.read(client, 'UPDATE');
      await assertHeld(client);
      await client.query(
        `UPDATE ${names.collections} SET active = $2, building = NULL, depth = $3 WHERE id = $1`,
        [state.id, codes.version, JSON.stringify(depth)],
      );
      await client.query(
        `UPDATE ${names.quantizers} SET recall = $3 WHERE collection = $1 AND version = $2`,
        [state.id, codes.version, recall.after],
      );
      if (state.active) await collection.dropCodes(client, state, state.active.version);
      const { uncoded } = state.place;
      if (uncoded === undefined) return;
      await client.query(`DELETE FROM ${uncoded} u USING ${codes.table} c WHERE c.row = u.row`);
    });
    await collection.refresh();
  }

  async #resolve(state: CollectionState, options: PgIndexOptions): Promise<PgIndex> {
    if (options.kind === 'scan') return { kind: 'scan' };
    if (options.kind === 'hnsw') {
      const { m = 8, efConstruction = 64 } = options;
      return { kind: 'hnsw', m, efConstruction };
    }
    const documents = await this.count(state);
    const { lists = Math.max(1, Math.min(mostLists, Math.round(Math.sqrt(documents)))) } = options;
    const { probes = Math.ceil(Math.sqrt(lists)) } = options;
    return { kind: 'ivfflat', lists, probes, documents };
  }

  /** Beside searches and changes; one that is there already is replaced when the new one is complete. */
  async #createIndex(
    { id }: CollectionState,
    { table, version }: CodesVersion,
    index: PgIndex,
  ): Promise<void> {
    const { pool, schema } = this.#collection;
    const { names } = schema;
    const { rows } = await pool.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_am a ON a.oid = c.relam
       WHERE i.indrelid = to_regclass($1) AND amname IN ('hnsw', 'ivfflat')`,
      [table],
    );
    if (index.kind !== 'scan') {
      const name = names.index('codes', id, version, globalThis.crypto.randomUUID().slice(0, 8));
      const how =
        index.kind === 'hnsw'
          ? `hnsw (code ${names.type('bit_hamming_ops')}) WITH (m = ${index.m}, ef_construction = ${index.efConstruction})`
          : `ivfflat (code ${names.type('bit_hamming_ops')}) WITH (lists = ${index.lists})`;
      const concurrently = pool.isSingle ? '' : 'CONCURRENTLY';
      try {
        await pool.query(`CREATE INDEX ${concurrently} ${name} ON ${table} USING ${how}`);
      } catch (cause) {
        // What was begun beside others stays there, of no use.
        await pool.query(`DROP INDEX IF EXISTS ${names.inSchema(name)}`).catch(() => undefined);
        throw cause;
      }
    }
    for (const { name } of rows) {
      await pool.query(`DROP INDEX IF EXISTS ${names.inSchema(`"${name}"`)}`);
    }
    await pool.query(`ANALYZE ${table}`);
  }

  /** Documents as questions, and their nearest by all vectors. */
  async #questions(state: CollectionState, task: TaskOptions): Promise<Question[]> {
    const sampled = await this.sample(state, questions, {}, task);
    const asked: Question[] = [];
    const began = performance.now();
    for (let done = 0; done < sampled.length; done++) {
      // However few there will be, they are of all parts.
      const { vector } = sampled[(done * stride) % sampled.length] as SampledRow;
      await checkpoint(task, { stage: 'neighbours', done, total: sampled.length });
      const isLong = performance.now() - began > mostMilliseconds;
      if (isLong && asked.length >= fewestQuestions) break;
      const nearest = await this.#search.nearest(vector, { k: neighbours, codes: 'none' });
      asked.push({ vector, nearest: new Set(nearest.map(({ row }) => row)) });
    }
    return asked;
  }

  async #recall(
    asked: readonly Question[],
    codes: CodesVersion | undefined,
    depth: Partial<PgDepth> | undefined,
    task: TaskOptions,
  ): Promise<number> {
    let found = 0;
    let total = 0;
    for (const [done, { vector, nearest }] of asked.entries()) {
      await checkpoint(task, { stage: 'recall', done, total: asked.length });
      const answers = await this.#search.nearest(vector, { k: neighbours, codes, depth });
      total += nearest.size;
      for (const { row } of answers) if (nearest.has(row)) found++;
    }
    return total === 0 ? 1 : found / total;
  }

  /** The fewest candidates that find enough: all nearest among them are found, as these are compared by their vectors. */
  async #chooseDepth(
    asked: readonly Question[],
    codes: CodesVersion,
    task: TaskOptions,
  ): Promise<{ readonly recall: number; readonly depth: PgDepth }> {
    const byDistance = new RecallByDepth(triedCandidates);
    const byScore = new RecallByDepth(triedLocal);
    const most = triedCandidates.at(-1) as number;
    for (const [done, { vector, nearest }] of asked.entries()) {
      await checkpoint(task, { stage: 'recall', done, total: asked.length });
      const ranked = await this.#search.nearestCodes(vector, codes, most);
      byDistance.add(ranked.byDistance, nearest);
      byScore.add(ranked.byScore, nearest);
    }
    const { depth: candidates, recall } = byDistance.enough();
    const local = byScore.enough().depth;
    return { recall, depth: { candidates, rerank: candidates, local } };
  }
}

/** What share of the nearest is found by looking at so many. */
class RecallByDepth {
  readonly #depths: readonly number[];
  readonly #found: number[];
  #total = 0;

  constructor(depths: readonly number[]) {
    this.#depths = depths;
    this.#found = depths.map(() => 0);
  }

  /** @param rows best first */
  add(rows: readonly string[], nearest: ReadonlySet<string>): void {
    this.#total += nearest.size;
    for (const [place, row] of rows.entries()) {
      if (!nearest.has(row)) continue;
      for (const [i, depth] of this.#depths.entries()) {
        if (place < depth) this.#found[i] = (this.#found[i] as number) + 1;
      }
    }
  }

  /** The least that is enough, or the most. */
  enough(): { readonly depth: number; readonly recall: number } {
    const recalls = this.#found.map((count) => (this.#total === 0 ? 1 : count / this.#total));
    const found = recalls.findIndex((recall) => recall >= targetRecall);
    const chosen = found < 0 ? recalls.length - 1 : found;
    return { depth: this.#depths[chosen] as number, recall: recalls[chosen] as number };
  }
}

export type AssertHeld = (client: PgQueryable) => Promise<void>;

/** Codes that may serve. */
export interface BuiltCodes {
  readonly codes: CodesVersion;
  /** How far to look. */
  readonly depth: PgDepth;
  /** By how many it was measured what they find. */
  readonly questions: number;
  readonly recall: { readonly before: number | undefined; readonly after: number };
}

export interface SampledRow {
  readonly row: string;
  readonly vector: Float32Array;
  readonly entry: DocumentEntry | undefined;
}

interface Question {
  readonly vector: Float32Array;
  readonly nearest: ReadonlySet<string>;
}

function matrixOf(vectors: readonly Float32Array[]): Matrix {
  const columns = vectors[0]?.length ?? 0;
  const data = new Float32Array(vectors.length * columns);
  for (const [i, vector] of vectors.entries()) data.set(vector, i * columns);
  return { rows: vectors.length, columns, data };
}

function checkIndex(options: PgIndexOptions): void {
  const limits = {
    m: [2, 100],
    efConstruction: [4, 1000],
    lists: [1, mostLists],
    probes: [1, mostLists],
  } as const;
  if (!['scan', 'hnsw', 'ivfflat'].includes(options?.kind)) {
    throw invalid('kind', options?.kind, 'scan, hnsw or ivfflat');
  }
  for (const [name, value] of Object.entries(options)) {
    if (name === 'kind' || value === undefined) continue;
    if (!Object.hasOwn(limits, name)) continue;
    const [least, most] = limits[name as keyof typeof limits];
    const isGood =
      Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
    if (!isGood) throw invalid(name, value, `a whole number from ${least} to ${most}`);
  }
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `index.${name}: got ${String(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
