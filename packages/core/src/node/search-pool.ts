import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type { Tinypool } from 'tinypool';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { SharedKernel } from '../kernels/shared-kernel.ts';
import { createSharedKernel } from '../kernels/wasm-shared-kernel.ts';
import type { Candidates } from '../search/candidates.ts';
import { scoredRows, scorePlaces } from '../search/candidates.ts';
import { checkCount } from '../search/check-count.ts';
import type { CodeSegment } from '../search/code-segment.ts';
import type { FlatIndex, FlatSearchOptions } from '../search/flat-index.ts';
import { rerank } from '../search/rerank.ts';
import { resolveDepth } from '../search/search-depth.ts';
import { segmentSlots } from '../search/segment-rows.ts';
import type { Segment } from '../search/segmented-rows.ts';
import type { StoredVectors } from '../search/stored-vectors.ts';
import type { ScoredRow } from '../search/top-rows.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { row, rowRange, toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import type { SearchTask, SearchTaskResult, SharedIndex } from './search-task.ts';
import { giveBackParties, takeParties } from './thread-parties.ts';

export interface SearchPoolOptions {
  /** How many threads. Default: as many as the machine runs at once. */
  readonly workers?: number | undefined;
}

export interface SearchBatchOptions extends Omit<FlatSearchOptions, 'allowed' | 'prefixes'> {
  readonly signal?: AbortSignal | undefined;
}

/** Parts of a batch for every worker, so that a slow one is not waited for long. */
const partsPerWorker = 4;
let versions = 0;
/** What the memory of shared indexes is written with. */
let owner: SharedKernel | undefined;

/** An index as it was at a moment, in this thread and for workers. */
interface Version {
  readonly number: number;
  readonly segments: readonly Segment<Pick<CodeSegment, 'vectors'>>[];
  readonly shared: SharedIndex;
  /** Whether workers have the vectors to re-rank with. */
  readonly hasVectors: boolean;
  /** By row of the workers: where it is in the segments. Undefined where places are what they find. */
  readonly places: Float64Array | undefined;
}

/**
 * Searches many queries at once in worker threads. They read the very memory of the index, which is moved
 * to where threads share it at first; only vectors that lie elsewhere, in files say, are scored in this
 * thread. A pool answers for the index as it was when the pool was created or refreshed last.
 */
export class SearchPool {
  readonly #workers: number;
  readonly #pool: Tinypool;
  readonly #firstParty: number | undefined;
  #index: FlatIndex;
  #version: Version;
  #closed: Promise<void> | undefined;

  /**
   * @throws BitryoshkaError `invalid-option`, or `not-supported` for an index whose vectors are fetched
   */
  constructor(index: FlatIndex, { workers = availableParallelism() }: SearchPoolOptions = {}) {
    checkCount('workers', workers, 1);
    this.#workers = workers;
    this.#index = index;
    owner ??= createSharedKernel({ mostRows: segmentSlots, party: 0 });
    this.#firstParty = owner && takeParties(workers);
    this.#version = share(index, this.#firstParty);
    // Only where a pool is made: it is a module of ESM alone, which Jest does not load.
    const library = createRequire(import.meta.url)('tinypool') as typeof import('tinypool');
    this.#pool = new library.Tinypool({
      filename: new URL('search-worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
    });
  }

  /** From now on, searches see the index as it is now. Batches that are under way are not disturbed. */
  refresh(index: FlatIndex = this.#index): void {
    this.#index = index;
    this.#version = share(index, this.#firstParty);
  }

  /**
   * What `FlatIndex.search` finds for each of the queries.
   *
   * @throws BitryoshkaError as `FlatIndex.search`
   */
  async searchBatch(queries: Vectors, options: SearchBatchOptions): Promise<ScoredRow[][]> {
    if (this.#closed) {
      throw new BitryoshkaError({
        code: 'not-supported',
        message: 'searchBatch: got a pool that was closed.',
        remedy: 'Create another one.',
      });
    }
    const { signal, ...depthOptions } = options;
    signal?.throwIfAborted();
    const { quantizer, dimensions } = this.#index;
    const depth = resolveDepth(depthOptions, {
      hasDecoder: quantizer.decoder !== undefined,
      hasPrefixes: false,
    });
    const matrix = toMatrix(queries, { columns: dimensions, name: 'queries' });
    const version = this.#version;
    const isRankedHere = depth.rerank && !version.hasVectors;
    const { scoring, candidates } = depth;
    const asked = isRankedHere
      ? { ...depthOptions, k: depth.scored, scoring, candidates, rerank: 0 }
      : depthOptions;
    const partRows = Math.max(1, Math.ceil(matrix.rows / (this.#workers * partsPerWorker)));
    const starts = Array.from(
      { length: Math.ceil(matrix.rows / partRows) },
      (_, part) => part * partRows,
    );
    const parts = await Promise.all(
      starts.map(async (start) => {
        const part = rowRange(matrix, start, Math.min(matrix.rows, start + partRows));
        const found = await this.#run(version, part.data.slice(), asked, signal);
        const unit = normalizeRows(part);
        return found.map((hits, i) => {
          if (!isRankedHere) return scoredRows(version.segments, hits);
          const query = row(unit, i);
          const score = (chosen: Float64Array) =>
            scorePlaces(version.segments, chosen, ({ vectors }, slots) =>
              (vectors as StoredVectors).scores(slots, query),
            );
          return scoredRows(version.segments, rerank(hits, depth, score));
        });
      }),
    );
    return parts.flat();
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    // Once: numbers that were given back may be another pool's by now.
    this.#closed ??= this.#pool.destroy().then(() => {
      if (this.#firstParty !== undefined) giveBackParties(this.#firstParty, this.#workers);
    });
    await this.#closed;
  }

  /** What a worker finds, by query. */
  async #run(
    { number, shared, places }: Version,
    queries: Float32Array,
    options: FlatSearchOptions,
    signal: AbortSignal | undefined,
  ): Promise<Candidates[]> {
    const task: SearchTask = { version: number, queries, options };
    const run = (given: SearchTask): Promise<SearchTaskResult> =>
      this.#pool.run(given, { name: 'search', ...(signal && { signal }) }).catch((cause) => {
        // The library has an error of its own for that.
        signal?.throwIfAborted();
        throw cause;
      });
    const result = (await run(task)) ?? (await run({ ...task, index: shared }));
    const { counts, rows, scores } = result as NonNullable<SearchTaskResult>;
    let end = 0;
    return Array.from(counts, (length) => {
      const start = end;
      end += length;
      const found = rows.subarray(start, end);
      return {
        places: places ? found.map((at) => places[at]) : found,
        scores: scores.subarray(start, end),
      };
    });
  }
}

function share(index: FlatIndex, firstParty: number | undefined): Version {
  const number = ++versions;
  const quantizer = toShared(index.quantizer.save());
  if (owner && firstParty !== undefined) {
    const { segments, shared } = index.share(owner);
    const content = { kind: 'segments', segments: shared, firstParty } as const;
    const hasVectors = shared.every(({ vectors }) => vectors !== undefined);
    return { number, segments, shared: { quantizer, content }, hasVectors, places: undefined };
  }
  return { number, ...copy(index, quantizer) };
}

/** Where memory cannot be shared. */
function copy(index: FlatIndex, quantizer: SharedArrayBuffer): Omit<Version, 'number'> {
  const segments = index.segmentedVectors
    .snapshot()
    .map(({ content, rows }) => ({ content: { vectors: content }, rows }));
  const places = new Float64Array(index.rows);
  let at = 0;
  for (const [ordinal, { rows }] of segments.entries()) {
    for (const slot of rows.aliveSlots()) places[at++] = ordinal * segmentSlots + slot;
  }
  const content = { kind: 'copy', codes: toShared(index.codes().data), rows: index.rows } as const;
  return { segments, shared: { quantizer, content }, hasVectors: false, places };
}

function toShared(bytes: Uint8Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}
