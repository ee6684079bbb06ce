import { BitryoshkaError, normalizeRows, toMatrix } from '@bitryoshka/core';
import type { DocumentEntry } from '../../documents/document-batch.ts';
import type { CompiledFilter } from '../../filters/document-filter.ts';
import type {
  CodesVersion,
  CollectionState,
  PgCollection,
  PgDepth,
} from '../collection/pg-collection.ts';
import type { DocumentRow } from '../collection/pg-documents.ts';
import { decodeDocument } from '../collection/pg-documents.ts';
import { codeQuery, parseUnitVector, vectorLiteral } from '../collection/pg-values.ts';
import { sqlStateOf, undefinedTable } from '../database/pg-errors.ts';
import { columnsOf, filterSql, SqlParameters } from '../sql/filter-sql.ts';
import { wordsSql } from '../sql/words-sql.ts';
import type { CodesPage, HeldCodes, LocalCodes, NearRows, SeenRows } from './local-codes.ts';
import { isBehind, numbersOf, pageColumns, rankCodes } from './local-codes.ts';

/** Which documents are asked for. */
export interface PgWanted {
  /** At most so many. */
  readonly k: number;
  readonly filter?: CompiledFilter | undefined;
  /** How far to look. Default: as the collection says. */
  readonly depth?: Partial<PgDepth> | undefined;
  /** Return the vectors as well. */
  readonly withVectors?: boolean | undefined;
  /** Codes to search, or none for comparing all vectors. Default: those that serve. */
  readonly codes?: CodesVersion | 'none' | undefined;
  /** What else is asked for by its words, of a collection that has a language. */
  readonly text?: string | undefined;
}

export interface PgFound {
  readonly row: string;
  readonly entry: DocumentEntry;
  /** The cosine with the query. */
  readonly score: number;
  readonly vector: Float32Array | undefined;
}

/** What one of two searches has found, by vectors or by words. */
export interface PgCandidate extends PgFound {
  readonly isNear: boolean;
  readonly isHit: boolean;
  /** What its words make of it: 0 where it has none of those of the query. */
  readonly gain: number;
}

/** What `hnsw.ef_search` may be at most. */
const mostEfSearch = 1000;
/** Rows that a walk looks at for a filter before it gives up. */
const mostWalked = 20_000;
const defaultCandidates = 400;
/** Longer vectors lie outside of their rows, where each is read by itself: fewer are compared. */
const longBytes = 2000;
const rerankedLong = 100;
const defaultLocal = 100;
/** Candidates of each side where words are searched as well: enough to tell what is usual from what stands out. */
export const fewestCandidates = 100;
/** A filter that lets through fewer rows than this for each candidate is answered by comparing them all. */
const fewestPassing = 20;

/** Searches a collection, each time by one statement. */
export class PgSearch {
  readonly #collection: PgCollection;
  readonly #local: LocalCodes | undefined;

  /** @param local codes of the collection that are held here; those of a server serve for its replicas as well */
  constructor(collection: PgCollection, local?: LocalCodes) {
    this.#collection = collection;
    this.#local = local;
  }

  /**
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `database-failed`
   */
  async nearest(query: ArrayLike<number>, wanted: PgWanted): Promise<PgFound[]> {
    return this.#current((state) => {
      if (state.dimensions === undefined) return [];
      const vector = unitQuery(query, state.dimensions);
      return this.#untilEnough(wanted, (limit) => this.#ask(state, vector, limit, wanted));
    });
  }

  /**
   * What is near, and what has words of a text: of either `k` documents and more, where there are so many. Of each, both
   * are known, its cosine and what its words make of it.
   *
   * @returns in the order of their rows; none without a language that their words are of
   * @throws BitryoshkaError as `nearest`
   */
  async candidates(
    query: ArrayLike<number>,
    text: string,
    wanted: PgWanted,
  ): Promise<PgCandidate[]> {
    return this.#current(async (state) => {
      const { filter, k } = wanted;
      if (state.dimensions === undefined || !state.options.language || k === 0) return [];
      const vector = unitQuery(query, state.dimensions);
      for (let limit = Math.max(k, fewestCandidates); ; limit *= 4) {
        const { found } = await this.#ask(state, vector, limit, { ...wanted, text });
        const passing = found.filter(({ entry }) => filter?.passes(entry.document) ?? true);
        const isEnough = (isOf: (candidate: PgCandidate) => boolean): boolean =>
          passing.filter(isOf).length >= k || found.filter(isOf).length < limit;
        if (isEnough(({ isNear }) => isNear) && isEnough(({ isHit }) => isHit)) return passing;
      }
    });
  }

  /**
   * What has words of a text, with what these make of it as its score.
   *
   * @throws BitryoshkaError `not-supported` without a language that the words are of, `database-failed`
   */
  async byWords(text: string, wanted: PgWanted): Promise<PgFound[]> {
    return this.#current((state) => {
      const { language } = state.options;
      if (!language) throw withoutWords(this.#collection.name);
      if (state.dimensions === undefined) return [];
      return this.#untilEnough(wanted, async (limit) => {
        const parameters = new SqlParameters();
        const passes = passesSql(state, wanted, parameters);
        const { documents } = state;
        const words = wordsSql({ text, language, documents, passes, limit, parameters });
        const { rows } = await this.#collection.pool.query<FoundRow>(
          `${withTables(words.tables)} SELECT ${shownColumns(false)}, gain AS score
           FROM hits h JOIN ${documents} d ON d.row = h.row, LATERAL (${words.gain}) g
           ORDER BY gain DESC, d.row LIMIT ${parameters.add(limit)}`,
          parameters.values,
        );
        const found = rows.map((row) => toCandidate(row, Number(row.score)));
        return { found, isAll: rows.length < limit };
      });
    });
  }

  /**
   * The numbers of the rows whose codes are nearest by Hamming distance, by comparing all: in that order, and in the
   * order of their scores.
   *
   * @param query of unit length
   */
  async nearestCodes(
    query: Float32Array,
    { table, quantizer }: CodesVersion,
    count: number,
  ): Promise<{ readonly byDistance: string[]; readonly byScore: string[] }> {
    const { pool, schema } = this.#collection;
    const { code } = codeQuery(quantizer, query);
    const { rows } = await pool.query<CodesPage>(
      `SELECT ${pageColumns('distance, row')} FROM (
         SELECT row, code, scale, tail, (code ${schema.names.operator('<~>')} $1::bit(${code.length})) + 0 AS distance
         FROM ${table} ORDER BY distance, row LIMIT $2
       ) p`,
      [code, count],
    );
    const page = rows[0] as CodesPage;
    if (page.count === 0) return { byDistance: [], byScore: [] };
    return {
      byDistance: numbersOf(page).map(String),
      byScore: rankCodes(query, quantizer, page),
    };
  }

  /** With the tables that there are now: codes that were replaced meanwhile are gone with theirs. */
  async #current<T>(ask: (state: CollectionState) => T | Promise<T>): Promise<T> {
    const state = await this.#collection.state();
    try {
      return await ask(state);
    } catch (cause) {
      if (sqlStateOf(cause) !== undefinedTable) throw cause;
      return ask(await this.#collection.refresh());
    }
  }

  /** SQL lets through what it cannot judge: where some of that does not pass, more is looked at. */
  async #untilEnough(
    { k, filter }: PgWanted,
    ask: (limit: number) => Promise<{ readonly found: PgFound[]; readonly isAll: boolean }>,
  ): Promise<PgFound[]> {
    if (k === 0) return [];
    for (let limit = k; ; limit = Math.max(4 * limit, 100)) {
      const { found, isAll } = await ask(limit);
      const passing = filter ? found.filter(({ entry }) => filter.passes(entry.document)) : found;
      if (passing.length >= k || isAll) return passing.slice(0, k);
    }
  }

  async #ask(
    state: CollectionState,
    vector: Float32Array,
    limit: number,
    wanted: PgWanted,
  ): Promise<{ readonly found: PgCandidate[]; readonly isAll: boolean }> {
    const { active } = state;
    const codes = wanted.codes === 'none' ? undefined : (wanted.codes ?? active);
    if (!codes) return this.#run(this.#byVectors(state, vector, limit, wanted), limit);
    const local = await this.#byLocalCodes(state, vector, limit, wanted);
    if (local) return local;
    const depth = depthOf(state, wanted.depth, limit);
    const isWalk = state.index.kind !== 'scan' && !(await this.#isSelective(state, depth, wanted));
    const walked = await this.#run(
      this.#byCodes(state, { codes, vector, limit, depth, isWalk }, wanted),
      limit,
    );
    // A walk gives up before it has seen all.
    const isFull = walked.candidates >= depth.candidates;
    if (isWalk && !isFull) {
      const scan = { codes, vector, limit, depth, isWalk: false };
      return this.#run(this.#byCodes(state, scan, wanted), limit);
    }
    // Codes of an attached table may be those of rows that went while nobody followed, all of them perhaps.
    if (state.place.attachment && walked.found.length === 0) {
      return this.#run(this.#byVectors(state, vector, limit, wanted), limit);
    }
    return { found: walked.found, isAll: walked.isAll && !isFull };
  }

  /** By codes that are held here; undefined where they cannot say enough. */
  async #byLocalCodes(
    state: CollectionState,
    vector: Float32Array,
    limit: number,
    wanted: PgWanted,
  ): Promise<{ readonly found: PgCandidate[]; readonly isAll: boolean } | undefined> {
    const { active } = state;
    if (!active || wanted.filter || wanted.codes) return undefined;
    const held = this.#local?.of(active);
    if (!held) return undefined;
    const near = held.nearest(vector, localDepthOf(state, wanted.depth, limit));
    const { found, there, fresh } = await this.#run(
      this.#byHeld(state, { held, near, vector, limit }, wanted),
      limit,
    );
    this.#local?.saw(active, near, { there, fresh });
    const isEnough = found.length >= limit && 2 * there >= near.rows.length && !isBehind(fresh);
    return isEnough ? { found, isAll: false } : undefined;
  }

  async #run(
    { text, values }: { readonly text: string; readonly values: unknown[] },
    limit: number,
  ): Promise<{
    readonly found: PgCandidate[];
    readonly isAll: boolean;
    readonly candidates: number;
    readonly there: number;
    readonly fresh: number;
  }> {
    const { rows } = await this.#collection.pool.query<FoundRow>(text, values);
    const found = rows.map((row) => toCandidate(row, Math.max(-1, Math.min(1, Number(row.score)))));
    const { candidates = 0, there = 0, fresh = 0 } = rows[0] ?? {};
    return { found, isAll: rows.length < limit, candidates: Number(candidates), there, fresh };
  }

  /** By comparing all vectors that pass. */
  #byVectors(
    state: CollectionState,
    vector: Float32Array,
    limit: number,
    wanted: PgWanted,
  ): Statement {
    const parameters = new SqlParameters();
    const passes = passesSql(state, wanted, parameters);
    const from = `${state.documents} d WHERE ${passes}`;
    return this.#statement(
      state,
      { tables: [], from, counts: '0 AS candidates', passes, parameters },
      vector,
      limit,
      wanted,
    );
  }

  /** The rows that were chosen, with what was asked for of them, best first. */
  #statement(
    state: CollectionState,
    { tables, from, counts, passes, parameters }: Chosen,
    vector: Float32Array,
    limit: number,
    { withVectors, text }: PgWanted,
  ): Statement {
    const { names } = this.#collection.schema;
    const { documents, options, place } = state;
    const query = `${parameters.add(vectorLiteral(vector, options.storage))}::${names.type(options.storage)}`;
    const distance = place.distance(query);
    const most = parameters.add(limit);
    const shown = shownColumns(withVectors);
    const nearest = `FROM ${from} ORDER BY ${distance}, d.row LIMIT ${most}`;
    const values = parameters.values;
    if (text === undefined || !options.language) {
      return {
        text: `${withTables(tables)} SELECT ${shown}, ${place.cosine(distance)} AS score, ${counts} ${nearest}`,
        values,
      };
    }
    const { language } = options;
    const words = wordsSql({ text, language, documents, passes, limit, parameters });
    const both = [
      ...tables,
      `near AS MATERIALIZED (SELECT d.row ${nearest})`,
      ...words.tables,
      `graded AS MATERIALIZED (
        SELECT row, is_near, is_hit, gain, row_number() OVER (PARTITION BY is_hit ORDER BY gain DESC, row) AS place
        FROM (
          SELECT row, bool_or(is_near) AS is_near, bool_or(is_hit) AS is_hit
          FROM (SELECT row, true AS is_near, false AS is_hit FROM near UNION ALL SELECT row, false, true FROM hits) e
          GROUP BY row
        ) d, LATERAL (${words.gain}) g
      )`,
    ];
    return {
      text: `${withTables(both)}
        SELECT ${shown}, ${place.cosine(distance)} AS score, ${counts},
          is_near, is_hit AND place <= ${most} AS is_hit, gain
        FROM graded JOIN ${documents} d ON d.row = graded.row WHERE is_near OR place <= ${most} ORDER BY d.row`,
      values,
    };
  }

  /** By codes that are near, and the vectors of those that are nearest. */
  #byCodes(
    state: CollectionState,
    {
      codes,
      vector,
      limit,
      depth,
      isWalk,
    }: {
      readonly codes: CodesVersion;
      readonly vector: Float32Array;
      readonly limit: number;
      readonly depth: PgDepth;
      readonly isWalk: boolean;
    },
    wanted: PgWanted,
  ): Statement {
    const { documents, index } = state;
    const { names, isIterative, hasFunctions } = this.#collection.schema;
    const parameters = new SqlParameters();
    const { code, scoring } = codeQuery(codes.quantizer, vector);
    const asked = `${parameters.add(code)}::bit(${code.length})`;
    const passes = passesSql(state, wanted, parameters);
    const isFiltered = passes !== 'true';
    const distance = `c.code ${names.operator('<~>')} ${asked}`;
    // An index is taken for the operator alone.
    const order = isWalk ? distance : `(${distance}) + 0`;
    const near = `SELECT c.row, c.code, c.scale, c.tail FROM ${codes.table} c
      ${isFiltered ? `JOIN ${documents} d ON d.row = c.row WHERE ${passes}` : ''}
      ORDER BY ${order} LIMIT ${parameters.add(depth.candidates)}`;
    const settings = isWalk ? settingsOf(index, depth, isIterative) : [];
    const found =
      settings.length === 0
        ? near
        : `SELECT n.* FROM (SELECT ${settings.map(([name, value]) => `set_config(${parameters.add(name)}, ${parameters.add(value)}, true)`).join(', ')}) s,
           LATERAL (${near}) n`;
    const isScored = scoring && hasFunctions && depth.rerank < depth.candidates;
    const kept = isScored
      ? `SELECT row FROM found ORDER BY
           (${names.decodedScore}(code, tail, ${parameters.add(scoring.bitTables)}::real[], ${parameters.add(scoring.byteTables)}::real[])
            + ${parameters.add(scoring.constant)}::float8) * scale DESC LIMIT ${parameters.add(depth.rerank)}`
      : 'SELECT row FROM found';
    const tables = [`found AS MATERIALIZED (${found})`, `kept AS MATERIALIZED (${kept})`];
    const { uncoded } = state.place;
    if (uncoded !== undefined) {
      const rows = `SELECT u.row FROM ${uncoded} u`;
      const passing = isFiltered
        ? `${rows} JOIN ${documents} d ON d.row = u.row WHERE ${passes}`
        : rows;
      tables.push(`compared AS MATERIALIZED (SELECT row FROM kept UNION ${passing})`);
    }
    const compared = uncoded === undefined ? 'kept' : 'compared';
    const chosen: Chosen = {
      tables,
      from: `${compared} JOIN ${documents} d ON d.row = ${compared}.row`,
      counts: '(SELECT count(*) FROM found)::int AS candidates',
      passes,
      parameters,
    };
    return this.#statement(state, chosen, vector, limit, wanted);
  }

  /** By codes that are near, as this client has found, and those that have changed. */
  #byHeld(
    state: CollectionState,
    {
      held,
      near,
      vector,
      limit,
    }: {
      readonly held: HeldCodes;
      readonly near: NearRows;
      readonly vector: Float32Array;
      readonly limit: number;
    },
    wanted: PgWanted,
  ): Statement {
    const { uncoded } = state.place;
    const parameters = new SqlParameters();
    const rows = `${parameters.add(near.rows.map(String))}::bigint[]`;
    const fresh = `fresh AS MATERIALIZED (${held.changes(near, parameters)})`;
    const others = uncoded === undefined ? '' : `|| ARRAY(SELECT row FROM ${uncoded})`;
    // Where nothing else is compared, what is compared says how many there are.
    const there =
      uncoded === undefined && wanted.text === undefined
        ? 'count(*) OVER ()'
        : `(SELECT count(*) FROM ${held.table} WHERE row = ANY(${rows}))`;
    const chosen: Chosen = {
      tables: [fresh],
      // One list: rows in it that are equal are looked up once, and plans are made in half the time of those of joins.
      from: `${state.documents} d WHERE d.row = ANY(${rows} || ARRAY(SELECT row FROM fresh) ${others})`,
      counts: `${there}::int AS there, (SELECT count(*) FROM fresh)::int AS fresh`,
      passes: 'true',
      parameters,
    };
    return this.#statement(state, chosen, vector, limit, wanted);
  }

  /** Whether so few rows pass a filter, as the server estimates, that a walk would look at many for each. */
  async #isSelective(
    state: CollectionState,
    { candidates }: PgDepth,
    wanted: PgWanted,
  ): Promise<boolean> {
    if (!wanted.filter) return false;
    const parameters = new SqlParameters();
    const passes = passesSql(state, wanted, parameters);
    if (passes === 'true') return false;
    const { rows } = await this.#collection.pool.query<{ 'QUERY PLAN': Plans }>(
      `EXPLAIN (FORMAT JSON) SELECT 1 FROM ${state.documents} d WHERE ${passes}`,
      parameters.values,
    );
    const estimate = rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
    return estimate < fewestPassing * candidates;
  }
}

/** What EXPLAIN says, as JSON. */
type Plans = readonly { readonly Plan: { readonly 'Plan Rows': number } }[];

interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** Rows `d` of the table of documents that are compared by their vectors. */
interface Chosen {
  /** Parts of the statement that choose them. */
  readonly tables: readonly string[];
  readonly from: string;
  /** What is counted beside: columns of `FoundRow`. */
  readonly counts: string;
  /** The condition of the filter. */
  readonly passes: string;
  readonly parameters: SqlParameters;
}

interface FoundRow extends DocumentRow, Partial<SeenRows> {
  readonly row: unknown;
  readonly score: unknown;
  /** How many codes were handed on. */
  readonly candidates?: unknown;
  readonly vector?: string;
  readonly is_near?: boolean;
  readonly is_hit?: boolean;
  readonly gain?: unknown;
}

function toCandidate(row: FoundRow, score: number): PgCandidate {
  return {
    row: String(row.row),
    entry: decodeDocument(row),
    score,
    vector: row.vector === undefined ? undefined : parseUnitVector(row.vector),
    isNear: row.is_near ?? true,
    isHit: row.is_hit ?? false,
    gain: Number(row.gain ?? 0),
  };
}

function withoutWords(name: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'not-supported',
    message: `hybrid: got the collection "${name}" without words, expected a hybrid one.`,
    remedy: 'Open the store with `hybrid: true`.',
  });
}

function passesSql(
  { options }: CollectionState,
  { filter }: PgWanted,
  parameters: SqlParameters,
): string {
  return filterSql(filter?.query, { columns: columnsOf(options.fields), parameters, table: 'd' });
}

function withTables(tables: readonly string[]): string {
  return tables.length > 0 ? `WITH ${tables.join(', ')}` : '';
}

/** Copies of what is asked for at least, so that no search hands on fewer than it is to return. */
export function depthOf(
  { depth, dimensions = 0, options }: CollectionState,
  given: Partial<PgDepth> | undefined,
  limit: number,
): PgDepth {
  const candidates = Math.max(limit, given?.candidates ?? depth?.candidates ?? defaultCandidates);
  const isLong = dimensions * (options.storage === 'vector' ? 4 : 2) > longBytes;
  const usual = isLong ? Math.min(candidates, rerankedLong) : candidates;
  return { candidates, rerank: Math.max(limit, given?.rerank ?? depth?.rerank ?? usual) };
}

/** How many rows are compared by their vectors where all are scored by their codes before. */
export function localDepthOf(
  { depth }: CollectionState,
  given: Partial<PgDepth> | undefined,
  limit: number,
): number {
  return Math.max(limit, given?.rerank ?? depth?.local ?? defaultLocal);
}

function settingsOf(
  index: CollectionState['index'],
  { candidates }: PgDepth,
  isIterative: boolean,
): [name: string, value: string][] {
  if (index.kind === 'ivfflat') {
    return [
      ['ivfflat.probes', `${index.probes}`],
      ...(isIterative ? ([['ivfflat.iterative_scan', 'relaxed_order']] as [string, string][]) : []),
    ];
  }
  if (index.kind !== 'hnsw') return [];
  return [
    ['hnsw.ef_search', `${Math.min(mostEfSearch, candidates)}`],
    ...(isIterative
      ? ([
          ['hnsw.iterative_scan', 'relaxed_order'],
          ['hnsw.max_scan_tuples', `${Math.max(mostWalked, 2 * candidates)}`],
        ] as [string, string][])
      : []),
  ];
}

function shownColumns(withVectors: boolean | undefined): string {
  const columns = 'd.row, d.id, d.given, d.content, d.metadata, d.types';
  return withVectors ? `${columns}, d.vector::text AS vector` : columns;
}

function unitQuery(query: ArrayLike<number>, columns: number): Float32Array {
  return normalizeRows(toMatrix([Array.from(query)], { columns, name: 'query' })).data;
}

/** @throws BitryoshkaError `invalid-option` */
export function checkDepth(depth: unknown): void {
  if (depth === undefined) return;
  if (typeof depth !== 'object' || depth === null) throw invalid('depth', depth, 'an object');
  for (const [name, value] of Object.entries(depth)) {
    if (name !== 'candidates' && name !== 'rerank') {
      throw invalid('depth', `"${name}"`, 'candidates and rerank');
    }
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0)) {
      throw invalid(`depth.${name}`, value, 'a whole number from 1 up');
    }
  }
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${typeof got === 'string' ? got : JSON.stringify(got)}, expected ${expected}.`,
    remedy: `Correct ${name}.`,
  });
}
