import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import { scoredRows, scorePlaces } from '../search/candidates.ts';
import { checkCount } from '../search/check-count.ts';
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
import type { SearchTask, SearchTaskResult, SharedCodes } from './search-task.ts';

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

/**
 * Searches many queries at once in worker threads. Workers scan and score codes, which they read from
 * shared memory once; the best are re-ranked here. A pool answers for the index as it was when the pool was
 * created or refreshed last.
 */
export class SearchPool {
  readonly #workers: number;
  readonly #pool: Tinypool;
  #index: FlatIndex;
  #shared: SharedCodes;
  #segments: Segment<StoredVectors>[];
  /** By row of the workers: where it is in the segments. */
  #places: Float64Array;

  /**
   * @throws BitryoshkaError `invalid-option`, or `not-supported` for an index whose vectors are fetched
   */
  constructor(index: FlatIndex, { workers = availableParallelism() }: SearchPoolOptions = {}) {
    checkCount('workers', workers, 1);
    this.#workers = workers;
    this.#index = index;
    const { shared, segments, places } = share(index);
    this.#shared = shared;
    this.#segments = segments;
    this.#places = places;
    this.#pool = new Tinypool({
      filename: new URL('search-worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
    });
  }

  /** From now on, searches see the index as it is now. Batches that are under way are not disturbed. */
  refresh(index: FlatIndex = this.#index): void {
    this.#index = index;
    const { shared, segments, places } = share(index);
    this.#shared = shared;
    this.#segments = segments;
    this.#places = places;
  }

  /**
   * What `FlatIndex.search` finds for each of the queries.
   *
   * @throws BitryoshkaError as `FlatIndex.search`
   */
  async searchBatch(queries: Vectors, options: SearchBatchOptions): Promise<ScoredRow[][]> {
    const { signal, k, scoring, candidates: count } = options;
    const { quantizer, dimensions } = this.#index;
    const depth = resolveDepth(options, {
      hasDecoder: quantizer.decoder !== undefined,
      hasPrefixes: false,
    });
    const unit = normalizeRows(toMatrix(queries, { columns: dimensions, name: 'queries' }));
    const [segments, places, shared] = [this.#segments, this.#places, this.#shared];
    const asked = {
      k: depth.scored,
      scoring: scoring ?? depth.scoring,
      candidates: count ?? depth.candidates,
    };
    const partRows = Math.max(1, Math.ceil(unit.rows / (this.#workers * partsPerWorker)));
    const starts = Array.from(
      { length: Math.ceil(unit.rows / partRows) },
      (_, part) => part * partRows,
    );
    const parts = await Promise.all(
      starts.map(async (start) => {
        const { data } = rowRange(unit, start, Math.min(unit.rows, start + partRows));
        const task: SearchTask = { shared, queries: data.slice(), options: asked };
        const { counts, rows, scores }: SearchTaskResult = await this.#pool.run(task, {
          name: 'search',
          ...(signal && { signal }),
        });
        let done = 0;
        return Array.from(counts, (length, i) => {
          const end = done + length;
          const candidates = {
            places: Float64Array.from(rows.subarray(done, end), (found) => places[found]),
            scores: scores.subarray(done, end),
          };
          done = end;
          if (!depth.rerank) return scoredRows(segments, candidates);
          const query = row(unit, start + i);
          const score = (chosen: Float64Array) =>
            scorePlaces(segments, chosen, (vectors, slots) => vectors.scores(slots, query));
          return scoredRows(segments, rerank(candidates, { k, margin: depth.margin }, score));
        });
      }),
    );
    return parts.flat();
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function share(index: FlatIndex): {
  shared: SharedCodes;
  segments: Segment<StoredVectors>[];
  places: Float64Array;
} {
  const segments = index.segmentedVectors.snapshot();
  const places = new Float64Array(index.rows);
  let at = 0;
  for (const [ordinal, { rows }] of segments.entries()) {
    for (const slot of rows.aliveSlots()) places[at++] = ordinal * segmentSlots + slot;
  }
  const shared = {
    version: ++versions,
    quantizer: toShared(index.quantizer.save()),
    codes: toShared(index.codes().data),
    rows: index.rows,
  };
  return { shared, segments, places };
}

function toShared(bytes: Uint8Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}
