import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { unlessAborted } from '../progress/unless-aborted.ts';
import type { BinaryIndex } from '../search/binary-index.ts';
import type { ScoredRow } from '../search/ranking/top-k.ts';
import type { SearchOptions } from '../search/search-depth.ts';
import { resolveDepth } from '../search/search-depth.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { row, rowRange, toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import type { SearchFindings } from './threads/search-task.ts';
import type { FoundPlaces, IndexVersion } from './threads/shared-index.ts';
import { finishSearch, shareIndex } from './threads/shared-index.ts';
import { giveBackParties, takeParties } from './threads/thread-parties.ts';
import type { ThreadPoolOptions } from './threads/thread-pool.ts';
import { ThreadPool } from './threads/thread-pool.ts';

export interface SearchPoolOptions extends Pick<ThreadPoolOptions, 'workers'> {}

export interface SearchBatchOptions
  extends Omit<SearchOptions, 'allowed' | 'prefixes' | 'efSearch' | 'nprobe'> {
  readonly signal?: AbortSignal | undefined;
}

/** Parts of a batch for every thread, so that a slow one is not waited for long. */
const partsPerWorker = 4;

/**
 * Searches many queries at once in worker threads. They read the very memory of the index, which is moved
 * to where threads share it at first; only vectors that lie elsewhere, in files say, are scored in this
 * thread. A pool answers for the index as it was when the pool was created or refreshed last.
 */
export class SearchPool {
  readonly #pool: ThreadPool;
  /** Of the numbers that tell threads apart in shared memory. */
  readonly #firstParty: number;
  #index: BinaryIndex;
  #version: IndexVersion;
  #closed: Promise<void> | undefined;

  /**
   * @throws BitryoshkaError `invalid-option`, or `not-supported` for an index whose vectors are fetched
   */
  constructor(index: BinaryIndex, { workers }: SearchPoolOptions = {}) {
    this.#pool = new ThreadPool({ workers });
    this.#index = index;
    this.#firstParty = takeParties(this.#pool.workers);
    try {
      this.#version = shareIndex(index);
    } catch (cause) {
      this.#giveBackParties();
      throw cause;
    }
  }

  /**
   * From now on, searches see the index as it is now. Batches that are under way are not disturbed.
   *
   * @throws BitryoshkaError `not-supported` for an index whose vectors are fetched, or when it was closed
   */
  refresh(index: BinaryIndex = this.#index): void {
    this.#checkOpen('refresh');
    this.#version = shareIndex(index);
    this.#index = index;
  }

  /**
   * What `BinaryIndex.search` finds for each of the queries.
   *
   * @throws BitryoshkaError as `BinaryIndex.search`, `not-supported` when it was closed, `thread-failed`; the
   *   signal's reason
   */
  async searchBatch(queries: Vectors, options: SearchBatchOptions): Promise<ScoredRow[][]> {
    this.#checkOpen('searchBatch');
    const { signal, ...depthOptions } = options;
    signal?.throwIfAborted();
    const { quantizer, dimensions, rows } = this.#index;
    const depth = resolveDepth(depthOptions, {
      rows,
      hasDecoder: quantizer?.decoder !== undefined,
      hasPrefixes: false,
      firstBits: quantizer?.firstBits,
    });
    if (depth.scoring === 'symmetric' && quantizer?.firstBits !== undefined) {
      throw new BitryoshkaError({
        code: 'not-supported',
        message: `scoring: got "symmetric" for codes of kind "${quantizer.kind}", expected "decoded".`,
        remedy: 'Leave scoring out, or search the index itself.',
      });
    }
    const matrix = toMatrix(queries, { columns: dimensions, name: 'queries' });
    const version = this.#version;
    const { scoring, candidates, scored: k } = depth;
    const asked =
      depth.rerank && !version.hasVectors
        ? { ...depthOptions, k, scoring, candidates, rerank: 0 }
        : depthOptions;
    const partRows = Math.max(1, Math.ceil(matrix.rows / (this.#pool.workers * partsPerWorker)));
    const starts = Array.from(
      { length: Math.ceil(matrix.rows / partRows) },
      (_, part) => part * partRows,
    );
    const parts = Promise.all(
      starts.map(async (start) => {
        const part = rowRange(matrix, start, Math.min(matrix.rows, start + partRows));
        const found = await this.#run(version, part.data.slice(), asked, signal);
        const unit = normalizeRows(part);
        return found.map((hits, i) =>
          finishSearch(version, hits, { ...depth, unit: row(unit, i) }),
        );
      }),
    );
    // Listened to once, however many the parts: runtimes warn of more than ten listeners.
    return (await unlessAborted(parts, signal)).flat();
  }

  /** Ends the threads. */
  close(): Promise<void> {
    // Once: numbers that were given back may be another pool's by now.
    this.#closed ??= this.#pool.close().then(() => this.#giveBackParties());
    return this.#closed;
  }

  #checkOpen(call: string): void {
    if (!this.#closed) return;
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `${call}: got a pool that was closed.`,
      remedy: 'Create another one.',
    });
  }

  #giveBackParties(): void {
    giveBackParties(this.#firstParty, this.#pool.workers);
  }

  /** What a thread finds, by query; nothing is begun after an abort. */
  async #run(
    version: IndexVersion,
    queries: Float32Array,
    options: SearchOptions,
    signal: AbortSignal | undefined,
  ): Promise<FoundPlaces[]> {
    const run = (withIndex: boolean) =>
      this.#pool.run('search', (place) => {
        signal?.throwIfAborted();
        const party = this.#firstParty + place;
        const index = withIndex ? { ...version.shared, party } : undefined;
        return { version: version.number, index, queries, options };
      });
    return candidatesOf(((await run(false)) ?? (await run(true))) as SearchFindings);
  }
}

function candidatesOf({ counts, rows, scores }: SearchFindings): FoundPlaces[] {
  let end = 0;
  return Array.from(counts, (length) => {
    const start = end;
    end += length;
    return { places: rows.subarray(start, end), scores: scores.subarray(start, end) };
  });
}
