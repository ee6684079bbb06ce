import type { FitReport, TaskOptions } from '@bitryoshka/core';
import type { DocumentDrift, DriftSide } from '../../store/document-drift.ts';
import {
  adviseOnDrift,
  isFitted,
  measureDocumentDrift,
  mostSampled,
} from '../../store/document-drift.ts';
import type {
  CollectionState,
  PgCollection,
  PgDepth,
  PgIndex,
} from '../collection/pg-collection.ts';
import { depthOf, localDepthOf } from '../search/pg-search.ts';
import type { PgFits } from './pg-fits.ts';
import { targetRecall } from './pg-fits.ts';

/** How well a store in PostgreSQL does. */
export interface PgStoreHealth {
  readonly documents: number;
  /** Of the vectors; undefined while there are none. */
  readonly dimensions: number | undefined;
  readonly bytes: {
    /** Values of the vectors, which are part of the tables. */
    readonly vectors: number;
    /** The table of codes, without the index of them. */
    readonly codes: number;
    /** Of an index of the codes, with what it keeps of them. */
    readonly links: number;
    /** Of the index of words; they themselves are part of the tables. */
    readonly words: number;
    /** All that the collection takes: documents, vectors, codes and indexes. */
    readonly tables: number;
    /** Codes in the memory of this client; 0 where it holds none. */
    readonly localCodes: number;
  };
  /** How nearest documents are found now. */
  readonly index: 'exact' | PgIndex['kind'];
  /** How far searches look, as the store's option says or as was chosen; undefined where all vectors are compared. */
  readonly depth: PgDepth | undefined;
  readonly targetRecall: number;
  /** What makes the codes; undefined while searches are exact. */
  readonly quantizer:
    | {
        readonly kind: string;
        readonly bits: number;
        /** The share of the ten nearest documents that searches found when the codes were made. */
        readonly recallAtFit: number | undefined;
        /** What they were held against when they were fitted; undefined where they were not. */
        readonly fitReport: FitReport | undefined;
      }
    | undefined;
  /**
   * By the documents of all clients; undefined without codes, and while too few documents came since they were fitted,
   * or were there then.
   */
  readonly drift: DocumentDrift | undefined;
  /** The share of the ten nearest documents that searches find, by documents as questions; undefined without any. */
  readonly recall: number | undefined;
  /** What to do, in sentences; empty when all is well. */
  readonly advice: readonly string[];
}

export interface PgHealthParts {
  readonly collection: PgCollection;
  readonly fits: PgFits;
  /** That of the store's options. */
  readonly depth: Partial<PgDepth> | undefined;
  /** Bytes of the codes that the client holds; undefined where it is not to hold any. */
  readonly localBytes: number | undefined;
}

/** Comparing all vectors of more takes longer than codes do. */
const manyVectors = 5000;
/** Comparing all codes of more takes longer than an index of them does. */
const manyCodes = 20_000;
/** Comparing the vectors of more without codes takes as long as the rest of a search. */
const manyUncoded = 1000;
/** A list of so many times the documents that it was made for takes as many times longer to look through. */
const mostGrowth = 4;
/** What a hundred questions may be off. */
const chance = 0.02;
/** More candidates than a walk through a graph gives. */
const mostOfGraph = 1000;

/** Looks at a collection. */
export async function measurePgHealth(
  { collection, fits, depth, localBytes }: PgHealthParts,
  task: TaskOptions,
): Promise<PgStoreHealth> {
  task.signal?.throwIfAborted();
  const state = await collection.refresh();
  const { active, dimensions, index } = state;
  const measured = await measureTables(collection, state);
  const drift = await driftOf(fits, state, measured, task);
  const recall = await fits.measureRecall(depth, task);
  const health = {
    documents: measured.documents,
    dimensions,
    bytes: { ...measured.bytes, localCodes: localBytes ?? 0 },
    index: active ? index.kind : ('exact' as const),
    depth: active && {
      ...depthOf(state, depth, 1),
      ...(localBytes !== undefined && { local: localDepthOf(state, depth, 1) }),
    },
    targetRecall,
    quantizer: active && {
      kind: active.quantizer.kind,
      bits: active.quantizer.bits,
      recallAtFit: measured.recallAtFit,
      fitReport: active.quantizer.fitReport,
    },
    drift,
    recall,
  };
  const { isInterrupted, uncoded } = measured;
  const seen = { isInterrupted, uncoded, depth, isLocal: localBytes !== undefined };
  return { ...health, advice: [...adviseOn(health, state, seen)] };
}

interface Measured {
  readonly documents: number;
  readonly bytes: Omit<PgStoreHealth['bytes'], 'localCodes'>;
  readonly recallAtFit: number | undefined;
  /** Documents with lower numbers were there when the codes were fitted. */
  readonly fittedBelow: number | undefined;
  readonly added: number;
  /** Codes that are not complete, of a client that is gone. */
  readonly isInterrupted: boolean;
  /** Documents of an attached table that have no codes beside others that do. */
  readonly uncoded: number;
}

async function measureTables(
  { pool, schema }: PgCollection,
  { id, dimensions, options, place, active, building }: CollectionState,
): Promise<Measured> {
  const { names } = schema;
  const fitted = await pool.query<{ recall: unknown; fitted_below: unknown; held: boolean }>(
    `SELECT q.recall, q.fitted_below, coalesce(holder IS NOT NULL AND held_until > now(), false) AS held
     FROM ${names.collections} c LEFT JOIN ${names.quantizers} q ON q.collection = c.id AND q.version = $2
     WHERE c.id = $1`,
    [id, active?.version ?? 0],
  );
  const { recall, fitted_below: below, held } = fitted.rows[0] ?? {};
  const fittedBelow = active && below !== null ? Number(below) : undefined;
  const isInterrupted = building !== undefined && held === false;
  const recallAtFit = recall === null || recall === undefined ? undefined : Number(recall);
  const nothing = { vectors: 0, codes: 0, links: 0, words: 0, tables: 0 };
  const rest = { recallAtFit, fittedBelow, isInterrupted };
  if (dimensions === undefined) {
    return { documents: 0, bytes: nothing, added: 0, uncoded: 0, ...rest };
  }
  // Tables that are gone, or not there, take nothing.
  const uncoded = active && place.uncoded ? `(SELECT count(*) FROM ${place.uncoded})` : '0';
  const { rows } = await pool.query<Record<string, unknown>>(
    `SELECT counted.*, ${uncoded} AS uncoded,
       coalesce(pg_table_size(to_regclass($2)), 0) AS codes,
       ${indexBytes('$2', "'hnsw', 'ivfflat'")} AS links,
       ${indexBytes('$1', "'gin'")} AS words,
       pg_total_relation_size(to_regclass($1)) + coalesce(pg_total_relation_size(to_regclass($2)), 0)
         + coalesce(pg_total_relation_size(to_regclass($3)), 0) AS tables
     FROM (SELECT count(*) AS documents, count(*) FILTER (WHERE row >= $4) AS added FROM ${place.documents} d) counted`,
    [place.numbers, active?.table ?? null, building?.table ?? null, fittedBelow ?? null],
  );
  const found = rows[0] ?? {};
  const count = Number(found.documents);
  return {
    documents: count,
    bytes: {
      vectors: count * dimensions * (options.storage === 'vector' ? 4 : 2),
      codes: Number(found.codes),
      links: Number(found.links),
      words: Number(found.words),
      tables: Number(found.tables),
    },
    added: Number(found.added),
    uncoded: Number(found.uncoded),
    ...rest,
  };
}

/** SQL for what indexes of some methods of a table take. */
function indexBytes(table: string, methods: string): string {
  return `coalesce((SELECT sum(pg_relation_size(indexrelid)) FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = indexrelid JOIN pg_catalog.pg_am a ON a.oid = relam
    WHERE indrelid = to_regclass(${table}) AND amname IN (${methods})), 0)`;
}

async function driftOf(
  fits: PgFits,
  state: CollectionState,
  { fittedBelow, added }: Measured,
  task: TaskOptions,
): Promise<DocumentDrift | undefined> {
  const { active, dimensions } = state;
  if (!active || fittedBelow === undefined || added === 0 || dimensions === undefined) {
    return undefined;
  }
  const side = async (where: string): Promise<DriftSide> => {
    const sampled = await fits.sample(state, mostSampled, { where }, task);
    return { count: sampled.length, vector: (i) => sampled[i]?.vector };
  };
  const before = await side(`row < ${fittedBelow}`);
  const since = await side(`row >= ${fittedBelow}`);
  return measureDocumentDrift(active.quantizer, { before, since, added }, task);
}

/** What to do, in sentences. */
export function* adviseOn(
  { documents, drift, recall, quantizer }: Omit<PgStoreHealth, 'advice'>,
  { active, index, depth: chosen }: Pick<CollectionState, 'active' | 'index' | 'depth'>,
  {
    isInterrupted,
    uncoded = 0,
    depth,
    isLocal = false,
  }: Pick<Measured, 'isInterrupted'> & {
    readonly uncoded?: number | undefined;
    readonly depth?: Partial<PgDepth> | undefined;
    /** Whether this client searches codes that it holds. */
    readonly isLocal?: boolean | undefined;
  },
): Generator<string> {
  if (isInterrupted) {
    yield 'Codes were being made by a client that is gone: call store.refit(), which clears what it left.';
  }
  if (uncoded > manyUncoded) {
    yield `${uncoded} documents have no codes, as others have added or changed them, and are compared in every search: call store.sync().`;
  }
  if (!active && documents >= manyVectors) {
    yield `Searches compare all ${documents} vectors: call store.refit() for codes, which are compared in a fraction of the time.`;
  }
  if (active && index.kind === 'scan' && documents >= manyCodes && !isLocal) {
    const kind = (chosen?.candidates ?? 0) > mostOfGraph ? 'ivfflat' : 'hnsw';
    yield `Searches compare all ${documents} codes: call store.index({ kind: '${kind}' }) for an index of them.`;
  }
  if (active && index.kind === 'ivfflat' && index.documents !== undefined) {
    const made = Math.max(index.documents, manyCodes);
    if (documents > mostGrowth * made) {
      yield `The ${index.lists} lists were made for ${index.documents} documents, of which there are ${documents} now: call store.index({ kind: 'ivfflat' }).`;
    }
  }
  yield* adviseOnDrift(drift, quantizer, documents);
  if (recall !== undefined && recall < targetRecall - chance) {
    yield `Searches find ${recall.toFixed(2)} of the ten nearest documents, less than ${targetRecall}: ${remedyFor(quantizer, index, depth)}.`;
  }
}

function remedyFor(
  quantizer: PgStoreHealth['quantizer'],
  { kind }: PgIndex,
  depth: Partial<PgDepth> | undefined,
): string {
  if (depth) return 'leave depth out, or let searches look farther';
  if (kind === 'ivfflat') return 'call store.index() with more probes, or store.refit()';
  return isFitted(quantizer) ? 'call store.refit(), or ask for more bits' : 'ask for more bits';
}
