import type { Quantizer, SearchOptions } from '@bitryoshka/core';
import { BinaryIndex } from '@bitryoshka/core';
import type { CodesVersion, PgCollection } from '../collection/pg-collection.ts';
import { parseCodes, parseNorms } from '../collection/pg-values.ts';
import { sqlStateOf, undefinedTable } from '../database/pg-errors.ts';
import type { PgPool } from '../database/pg-pool.ts';
import type { SqlParameters } from '../sql/filter-sql.ts';

/** Of changed rows, a search compares the vectors of so many at most beside those that it finds. */
const mostFresh = 500;
/** With more changed rows than this, their codes are read. */
const manyFresh = 20;
/** With a larger share of what is found deleted, all codes are read anew. */
const mostMissing = 0.1;
const rowsPerPage = 10_000;
/** Codes that are near by Hamming distance, and scored, where bits cannot be weighted. */
const fewestScored = 1600;
/** How long a client waits after it could not read codes, or has read all anew. */
const restMilliseconds = 5000;

/** Rows that are near by the scores of their codes, best first. */
export interface NearRows {
  readonly rows: readonly number[];
  /** Of when their codes were read. */
  readonly snapshot: string;
}

/** What a search has seen of the table beside its answers. */
export interface SeenRows {
  /** How many of the near rows were there: at most so many, where others are compared beside. */
  readonly there: number;
  /** Rows that had changed. */
  readonly fresh: number;
}

/**
 * Codes of a collection in the memory of a client, which searches them there and asks the server for the vectors of
 * what it has found. They are those of a moment: a search is told, by the server, what transactions have changed since,
 * so that it misses nothing that others have committed.
 */
export class LocalCodes {
  readonly #collection: PgCollection;
  #held: HeldCodes | undefined;
  #reading: Promise<void> | undefined;
  #restsUntil = 0;

  constructor(collection: PgCollection) {
    this.#collection = collection;
  }

  /** Bytes of the codes that are held. */
  get bytes(): number {
    return this.#held?.bytes ?? 0;
  }

  /** Those of a version; undefined while they are being read, which this begins. */
  of(codes: CodesVersion): HeldCodes | undefined {
    if (this.#held?.table === codes.table) return this.#held.isOurs ? this.#held : undefined;
    if (performance.now() >= this.#restsUntil) this.#begin(() => this.read(codes));
    return undefined;
  }

  /**
   * Reads those that serve, where there are any.
   *
   * @throws BitryoshkaError `database-failed`
   */
  async open(signal?: AbortSignal): Promise<void> {
    const { active } = await this.#collection.state();
    try {
      if (active) await this.read(active, signal);
    } catch (cause) {
      // Another client has just replaced them: the first search reads the new ones.
      if (sqlStateOf(cause) !== undefinedTable) throw cause;
    }
  }

  async read(codes: CodesVersion, signal?: AbortSignal): Promise<void> {
    const held = await HeldCodes.read(this.#collection.pool, codes, signal);
    this.#held = held;
  }

  /** Reads in the background what a search has found to be missing. */
  saw(codes: CodesVersion, { rows, snapshot }: NearRows, { there, fresh }: SeenRows): void {
    const held = this.#held;
    // It was made before the last reading.
    if (held?.table !== codes.table || held.snapshot !== snapshot) return;
    if (rows.length - there > mostMissing * rows.length || held.isWorn) {
      if (performance.now() < this.#restsUntil) return;
      this.#begin(async () => {
        this.#restsUntil = performance.now() + restMilliseconds;
        await this.read(codes);
      });
    } else if (fresh > manyFresh) {
      this.#begin(() => held.catchUp());
    }
  }

  #begin(read: () => Promise<void>): void {
    if (this.#reading) return;
    this.#reading = read()
      .catch(() => {
        // The server answers meanwhile; the next search begins again.
        this.#restsUntil = performance.now() + restMilliseconds;
      })
      .finally(() => {
        this.#reading = undefined;
      });
  }
}

/** Codes of one version, as their table was at a moment. */
export class HeldCodes {
  /** Where they were read. */
  readonly table: string;
  /** Whether what changed them were transactions of this server: those of a restored dump say nothing. */
  isOurs = true;
  readonly #pool: PgPool;
  readonly #quantizer: Quantizer;
  readonly #index: BinaryIndex;
  /** By position in the index, numbers in the table. */
  readonly #rows: number[] = [];
  /** So many of them, those that were read first, are in their order. */
  #sorted = 0;
  /** Where the others are in the index. */
  readonly #positions = new Map<number, number>();
  /** What was committed when the table was read, as `pg_snapshot` writes it. */
  snapshot = '';

  private constructor(pool: PgPool, codes: CodesVersion) {
    this.table = codes.table;
    this.#pool = pool;
    this.#quantizer = codes.quantizer;
    this.#index = emptyIndex(codes.quantizer);
  }

  static async read(pool: PgPool, codes: CodesVersion, signal?: AbortSignal): Promise<HeldCodes> {
    const held = new HeldCodes(pool, codes);
    await held.#readSince(undefined, signal);
    return held;
  }

  get bytes(): number {
    // What is scanned is kept once more.
    const bits = this.#quantizer.bits + this.#index.prefixBits;
    return (this.#index.rows * bits) / 8;
  }

  /** Whether most of what it has held was replaced. */
  get isWorn(): boolean {
    return this.#rows.length > 2 * this.#index.rows + rowsPerPage;
  }

  nearest(query: Float32Array, count: number): NearRows {
    const found = this.#index.search(query, byScore(this.#quantizer, count));
    return { rows: found.map(({ row }) => this.#rows[row] as number), snapshot: this.snapshot };
  }

  /** A statement for some of the rows that have changed since near ones were found. */
  changes({ snapshot }: NearRows, parameters: SqlParameters): string {
    const condition = hasChanged(`${parameters.add(snapshot)}::pg_snapshot`);
    return `SELECT row FROM ${this.table} WHERE ${condition} LIMIT ${mostFresh + 1}`;
  }

  /** Takes up the codes that have changed. */
  async catchUp(): Promise<void> {
    await this.#readSince(this.snapshot);
  }

  async #readSince(snapshot: string | undefined, signal?: AbortSignal): Promise<void> {
    const { table } = this;
    // Before the codes: what changes between the two is read, and compared beside.
    const { rows } = await this.#pool.query<{ now: string; is_ours: boolean }>(
      `SELECT pg_current_snapshot()::text AS now,
         coalesce((SELECT max(changed) FROM ${table}) < pg_snapshot_xmax(pg_current_snapshot()), true) AS is_ours`,
    );
    const { now, is_ours: isOurs } = rows[0] as { now: string; is_ours: boolean };
    this.isOurs = isOurs;
    const condition = snapshot === undefined ? '' : `AND ${hasChanged('$2::pg_snapshot')}`;
    const given = snapshot === undefined ? [] : [snapshot];
    for (let last = '0'; ; ) {
      signal?.throwIfAborted();
      const page = await this.#pool.query<CodesPage>(
        `SELECT ${pageColumns('row')} FROM (SELECT row, code, scale, tail FROM ${table} WHERE row > $1 ${condition} ORDER BY row LIMIT ${rowsPerPage}) p`,
        [last, ...given],
      );
      const { count, last: reached } = page.rows[0] as CodesPage;
      if (count > 0) this.#take(page.rows[0] as CodesPage, snapshot === undefined);
      if (count < rowsPerPage) break;
      last = String(reached);
    }
    this.snapshot = now;
  }

  #take(page: CodesPage, isFirst: boolean): void {
    const numbers = numbersOf(page);
    const before = isFirst ? [] : numbers.flatMap((number) => this.#positionOf(number) ?? []);
    const first = addPage(this.#index, this.#quantizer, page);
    this.#index.delete(before);
    for (const [i, number] of numbers.entries()) {
      this.#rows.push(number);
      if (!isFirst) this.#positions.set(number, first + i);
    }
    if (isFirst) this.#sorted = this.#rows.length;
  }

  #positionOf(number: number): number | undefined {
    const position = this.#positions.get(number);
    if (position !== undefined) return position;
    let [low, high] = [0, this.#sorted];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rows[middle] as number) < number) low = middle + 1;
      else high = middle;
    }
    return low < this.#sorted && this.#rows[low] === number ? low : undefined;
  }
}

/** Codes of many rows, one after the other in the order of these. */
export interface CodesPage {
  readonly count: number;
  readonly last: unknown;
  /** Eight bytes each. */
  readonly rows: Uint8Array;
  /** As `bit_send` writes them. */
  readonly codes: Uint8Array;
  /** Null of codes without. */
  readonly scales: Uint8Array | null;
  readonly tails: Uint8Array | null;
}

/** Whole codes are scanned, each bit for what the query makes of it, where that can be. */
function weightedBits({ bits, firstBits }: Quantizer): number {
  return firstBits === undefined && bits % 8 === 0 ? bits : 0;
}

function emptyIndex(quantizer: Quantizer): BinaryIndex {
  const prefixBits = weightedBits(quantizer);
  return new BinaryIndex({ quantizer, storage: elsewhere, prefixBits });
}

/** How codes are ranked: those that a scan hands on by their scores. */
function byScore(quantizer: Quantizer, k: number): SearchOptions {
  const isWeighted = weightedBits(quantizer) > 0;
  const depth = isWeighted ? { prefixes: 4 * k } : { candidates: Math.max(fewestScored, 10 * k) };
  return { k, rerank: 0, ...depth };
}

/** Some codes with their numbers, in the order of the scores that a query gives them. */
export function rankCodes(query: Float32Array, quantizer: Quantizer, page: CodesPage): string[] {
  const index = emptyIndex(quantizer);
  addPage(index, quantizer, page);
  const rows = numbersOf(page);
  return index.search(query, byScore(quantizer, page.count)).map(({ row }) => String(rows[row]));
}

/** @returns the number of the first */
function addPage(index: BinaryIndex, quantizer: Quantizer, page: CodesPage): number {
  const norms = parseNorms(quantizer.decoder, page.scales);
  return index.addCodes(parseCodes(quantizer, page), norms);
}

/** Numbers of the rows of a page. */
export function numbersOf({ rows, count }: CodesPage): number[] {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  return Array.from({ length: count }, (_, i) => Number(view.getBigInt64(8 * i)));
}

/** What gathers a `CodesPage` of rows, in an order. */
export function pageColumns(order: string): string {
  return `count(*)::int AS count, max(row) AS last, string_agg(int8send(row), '' ORDER BY ${order}) AS rows,
    string_agg(bit_send(code), '' ORDER BY ${order}) AS codes,
    string_agg(float4send(scale), '' ORDER BY ${order}) AS scales, string_agg(tail, '' ORDER BY ${order}) AS tails`;
}

/** Vectors stay on the server. */
const elsewhere = {
  fetchVectors: () => Promise.reject(new Error('codes are searched without vectors')),
};

/** The condition of rows that were written by transactions that a snapshot has not seen. */
function hasChanged(snapshot: string): string {
  return `changed >= pg_snapshot_xmin(${snapshot}) AND NOT pg_visible_in_snapshot(changed, ${snapshot})`;
}

/** Whether more has changed than a statement was told to compare. */
export function isBehind(fresh: number): boolean {
  return fresh > mostFresh;
}
