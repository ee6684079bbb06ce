import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { row as rowOf, toMatrix, toVector } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import type { Finder } from './finders/finder.ts';
import { keepBestCodes, scan, scanForEach } from './finders/scan/scan.ts';
import type { IndexSegment } from './index-segment.ts';
import { CodeQuery } from './ranking/code-scoring.ts';
import type { ScoredSlots } from './ranking/keep-best.ts';
import { rank, rerank, rerankFetched } from './ranking/rerank.ts';
import type { ScoredRow } from './ranking/top-k.ts';
import type { RowId } from './rows/row-id.ts';
import type { RowSet } from './rows/row-set.ts';
import type { FoundSlots } from './rows/segment-rows.ts';
import { segmentSlots } from './rows/segment-rows.ts';
import type { Segment } from './rows/segmented-rows.ts';
import type { ResolvedDepth, SearchOptions } from './search-depth.ts';
import { resolveDepth } from './search-depth.ts';
import type { VectorSource } from './vectors/vector-storage.ts';

export interface AsyncSearchOptions extends SearchOptions {
  /** Stops waiting for vectors that are fetched. */
  readonly signal?: AbortSignal | undefined;
}

/** What a search reads. */
export interface ReadIndex {
  readonly dimensions: number;
  readonly segments: readonly Segment<Pick<IndexSegment, 'vectors' | 'codes'>>[];
  /** What made the codes; undefined where every row is scored by its vector. */
  readonly quantizer: Quantizer | undefined;
  /** Leading bits that can be scanned alone; 0 for none. */
  readonly prefixBits: number;
  /** Finds candidates, where it is quicker than a scan. */
  readonly finder: Pick<Finder, 'candidates'> | undefined;
  /** Where vectors are fetched from, if they are not stored. */
  readonly source: VectorSource | undefined;
  /** The slots of those of the named rows that are there, where they can be looked up. */
  readonly locate: ((rows: readonly RowId[]) => FoundSlots[]) | undefined;
}

/**
 * A search in stages: a finder, or a scan of all codes, finds candidates; scores by code keep the best of them;
 * their vectors decide.
 */
export class IndexReader {
  readonly #index: ReadIndex;

  constructor(index: ReadIndex) {
    this.#index = index;
  }

  /** Rows that can be found. */
  get rows(): number {
    return this.#index.segments.reduce((sum, { rows }) => sum + rows.count, 0);
  }

  /**
   * The best rows, best first; among equal scores those that were written first. Scores are cosine
   * similarities or their estimates.
   *
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `invalid-option`, or `not-supported` where
   *   vectors have to be fetched
   */
  search(query: ArrayLike<number>, options: SearchOptions): ScoredRow[] {
    const depth = this.#resolve(options);
    const unit = unitQuery(query, this.#index.dimensions);
    this.#checkStored(depth);
    return this.#best(this.#find(unit, depth, options.allowed), depth, unit);
  }

  /**
   * What `search` finds for each of the queries. They share the reading of the codes: many queries take less
   * time together than one by one.
   *
   * @throws BitryoshkaError as `search`
   */
  searchBatch(queries: Vectors, options: SearchOptions): ScoredRow[][] {
    const { dimensions, quantizer, finder, segments } = this.#index;
    const { allowed } = options;
    const depth = this.#resolve(options);
    const asked = toMatrix(queries, { columns: dimensions, name: 'queries' });
    this.#checkStored(depth);
    const matrix = normalizeRows(asked);
    const units = Array.from({ length: matrix.rows }, (_, i) => rowOf(matrix, i));
    const isShared =
      quantizer && !finder && depth.prefixes === undefined && quantizer.firstBits === undefined;
    if (!isShared || this.#fewAllowed(depth, allowed)) {
      return units.map((unit) => this.#best(this.#find(unit, depth, allowed), depth, unit));
    }
    const projections = quantizer.project(matrix, 'query');
    const found = scanForEach({ quantizer, segments }, units, projections, depth, allowed);
    return Array.from(found, (candidates, i) => this.#best(candidates, depth, units[i]));
  }

  /**
   * The same as `search`, also for vectors that are fetched. It answers for the index as it is at the call,
   * whatever is changed meanwhile.
   *
   * @throws BitryoshkaError as `search`; what `fetchVectors` throws is passed on
   */
  async searchAsync(query: ArrayLike<number>, options: AsyncSearchOptions): Promise<ScoredRow[]> {
    const { source, segments, dimensions } = this.#index;
    const { signal, allowed } = options;
    signal?.throwIfAborted();
    if (!source || options.rerank === 0) return this.search(query, options);
    const depth = this.#resolve(options);
    const unit = unitQuery(query, dimensions);
    const found = this.#find(unit, depth, allowed);
    return rerankFetched(segments, found, depth.k, { source, unit, signal });
  }

  #resolve(options: SearchOptions): ResolvedDepth {
    const { quantizer, prefixBits } = this.#index;
    return resolveDepth(options, {
      rows: this.rows,
      // Where there are no codes, nothing is said about them.
      hasDecoder: quantizer === undefined || quantizer.decoder !== undefined,
      hasPrefixes: prefixBits > 0 || quantizer === undefined,
      firstBits: quantizer?.firstBits,
    });
  }

  /** Candidates, `depth.scored` or a few more. */
  #find(unit: Float32Array, depth: ResolvedDepth, allowed: RowSet | undefined): FoundSlots[] {
    const { quantizer, finder, segments } = this.#index;
    if (depth.k === 0) return [];
    if (!quantizer) return allSlots(segments, allowed);
    const few = this.#fewAllowed(depth, allowed);
    // As many as are to be re-ranked anyway.
    if (few && depth.rerank && allowed && allowed.size <= depth.scored) return few;
    const query = new CodeQuery(quantizer, unit);
    const scanned = { quantizer, segments };
    if (few) return keepBestCodes(scanned, query, depth, few);
    if (quantizer.firstBits !== undefined && this.#index.prefixBits === 0) {
      return keepBestCodes(scanned, query, depth, allSlots(segments, allowed));
    }
    return finder?.candidates(query, depth, allowed) ?? scan(scanned, query, depth, allowed);
  }

  #best(found: readonly FoundSlots[], depth: ResolvedDepth, unit: Float32Array): ScoredRow[] {
    const { segments, quantizer } = this.#index;
    if (depth.rerank || !quantizer) return rerank(segments, found, depth.k, unit);
    return rank(segments, found as readonly ScoredSlots[], depth.k, ({ scores }) => scores);
  }

  /** The slots of allowed rows that are too few for a scan to be worth it. */
  #fewAllowed(depth: ResolvedDepth, allowed: RowSet | undefined): FoundSlots[] | undefined {
    const { locate } = this.#index;
    if (!locate || !allowed || allowed.size > depth.candidates) return undefined;
    if (depth.scoring === 'symmetric' && !depth.rerank) return undefined;
    return locate(allowed.rows());
  }

  #checkStored({ rerank: isReranked }: ResolvedDepth): void {
    if (!isReranked || !this.#index.source) return;
    throw new BitryoshkaError({
      code: 'not-supported',
      message: 'search: got vectors that are fetched, expected stored ones.',
      remedy: 'Call searchAsync, or search with rerank: 0.',
    });
  }
}

/** A query, checked and scaled to unit length. */
function unitQuery(query: ArrayLike<number>, dimensions: number): Float32Array {
  const data = toVector(query, { columns: dimensions, name: 'query' });
  return normalizeRows({ rows: 1, columns: dimensions, data }).data;
}

let firstSlots = new Uint32Array(0);

/** Every slot that may be found, for an exact search. */
function allSlots(segments: ReadIndex['segments'], allowed: RowSet | undefined): FoundSlots[] {
  if (firstSlots.length === 0) firstSlots = new Uint32Array(segmentSlots).map((_, i) => i);
  return segments.flatMap(({ rows }, segment) => {
    const mask = rows.mask(allowed);
    if (mask === 'none') return [];
    if (!mask) return [{ segment, slots: firstSlots.subarray(0, rows.slots) }];
    const slots = new Uint32Array(rows.slots);
    let count = 0;
    for (let slot = 0; slot < rows.slots; slot++) {
      slots[count] = slot;
      count += (mask[slot >> 3] >> (slot & 7)) & 1;
    }
    return [{ segment, slots: slots.subarray(0, count) }];
  });
}
