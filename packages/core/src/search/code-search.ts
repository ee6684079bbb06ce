import { packSigns } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { Vectors } from '../vectors/matrix.ts';
import { row, toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { bestCandidates } from './best-candidates.ts';
import type { ScoredSlots } from './best-slots.ts';
import { bestSlots, keepBestSlots } from './best-slots.ts';
import type { Candidates } from './candidates.ts';
import { scoredRows, scorePlaces } from './candidates.ts';
import type { CodeQuery, CodeScoringOptions } from './code-scoring.ts';
import { codeScorer, project, scoreAll, signsOf } from './code-scoring.ts';
import type { CodeSegment } from './code-segment.ts';
import type { NearestPlaces } from './merge-scans.ts';
import { equalWeights, prefixWeights } from './prefix-weights.ts';
import { rerankFetched, rerankSlots, rerankStored } from './rerank-rows.ts';
import type { RowSet } from './row-set.ts';
import type { ScannedSegments } from './scan-codes.ts';
import {
  foundSlots,
  scanCodes,
  scanForEach,
  scanFound,
  scanPrefixes,
  scanSlots,
  scanThroughPrefixes,
} from './scan-codes.ts';
import type { ResolvedDepth, SearchDepth } from './search-depth.ts';
import { resolveDepth } from './search-depth.ts';
import type { Segment } from './segmented-rows.ts';
import type { ScoredRow } from './top-rows.ts';
import { unitQuery } from './unit-query.ts';
import type { SearchOptions } from './vector-index.ts';
import type { VectorSource } from './vector-storage.ts';

export interface FlatSearchOptions extends SearchOptions, SearchDepth {}

export interface AsyncSearchOptions extends FlatSearchOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What a search reads. */
export interface SearchedCodes {
  readonly quantizer: Quantizer;
  readonly segments: readonly Segment<CodeSegment>[];
  /** Leading bits that can be scanned alone; 0 for none. */
  readonly prefixBits: number;
  /** Where vectors are fetched from, if they are not stored in the segments. */
  readonly source: VectorSource | undefined;
  /** The places of the named rows, where they can be looked up. */
  readonly locate?: ((rows: RowSet) => Float64Array) | undefined;
}

/**
 * A search in stages: the Hamming scan finds candidates, scores by the query's real values or by decoded
 * codes order them, stored vectors decide among the best.
 */
export class CodeSearch {
  readonly #codes: SearchedCodes;

  constructor(codes: SearchedCodes) {
    this.#codes = codes;
  }

  /**
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `invalid-option`, or `not-supported` when
   *   vectors have to be fetched
   */
  search(query: ArrayLike<number>, options: FlatSearchOptions): ScoredRow[] {
    const { depth, unit } = this.#begin(query, options);
    this.#checkStored(depth);
    return this.#answer(unit, depth, options.allowed);
  }

  /**
   * What `search` finds for each of the queries, which share the reading of the codes.
   *
   * @throws BitryoshkaError as `search`
   */
  searchBatch(queries: Vectors, options: FlatSearchOptions): ScoredRow[][] {
    const { quantizer, segments } = this.#codes;
    const { allowed } = options;
    const depth = this.#resolve(options);
    const asked = toMatrix(queries, { columns: quantizer.inputDimensions, name: 'queries' });
    this.#checkStored(depth);
    const units = normalizeRows(asked);
    if (depth.prefixes !== undefined || this.#fewAllowed(depth, allowed)) {
      return Array.from({ length: units.rows }, (_, i) =>
        this.#answer(row(units, i), depth, allowed),
      );
    }
    const projections = quantizer.project(units, 'query');
    const scan = { count: depth.candidates, allowed };
    const scans = scanForEach(segments, packSigns(projections).data, scan);
    return Array.from({ length: units.rows }, (_, i) => {
      const query = { unit: row(units, i), projection: row(projections, i) };
      return this.#finishScan(query, depth, scans[i] ?? nothingScanned);
    });
  }

  /** The same where vectors may have to be fetched; it sees the index as it was at the call. */
  async searchAsync(query: ArrayLike<number>, options: AsyncSearchOptions): Promise<ScoredRow[]> {
    const { source } = this.#codes;
    if (!source || options.rerank === 0) return this.search(query, options);
    const { signal } = options;
    signal?.throwIfAborted();
    const { depth, unit } = this.#begin(query, options);
    const candidates = this.#candidates(unit, depth, options.allowed);
    return rerankFetched(this.#codes.segments, candidates, depth, { source, unit, signal });
  }

  #begin(query: ArrayLike<number>, options: FlatSearchOptions) {
    const depth = this.#resolve(options);
    return { depth, unit: unitQuery(query, this.#codes.quantizer.inputDimensions) };
  }

  #resolve(options: FlatSearchOptions): ResolvedDepth {
    const { quantizer, prefixBits } = this.#codes;
    const hasDecoder = quantizer.decoder !== undefined;
    return resolveDepth(options, { hasDecoder, hasPrefixes: prefixBits > 0 });
  }

  #checkStored({ rerank: isReranked }: ResolvedDepth): void {
    if (!isReranked || !this.#codes.source) return;
    throw new BitryoshkaError({
      code: 'not-supported',
      message: 'search: got vectors that are fetched, expected stored ones.',
      remedy: 'Call searchAsync, or search with rerank: 0.',
    });
  }

  #answer(unit: Float32Array, depth: ResolvedDepth, allowed: RowSet | undefined): ScoredRow[] {
    const query = this.#project(unit);
    const few = this.#fewAllowed(depth, allowed);
    if (few) return this.#finish(this.#rankFew(query, depth, few), unit, depth);
    return this.#finishScan(query, depth, this.#scan(query, depth, allowed));
  }

  /** The best rows of what a scan found. */
  #finishScan(query: CodeQuery, depth: ResolvedDepth, scanned: ScannedSegments): ScoredRow[] {
    const { scoring, scored, k } = depth;
    if (scoring === 'symmetric' || !depth.rerank || depth.margin < Infinity) {
      return this.#finish(this.#rank(query, depth, scanned), query.unit, depth);
    }
    // All of them are scored with their vectors: nobody asks for their order.
    const { segments } = this.#codes;
    const kept = keepBestSlots(this.#scoreSlots(query, { ...depth, scoring }, scanned), scored);
    return rerankSlots(segments, kept, k, query.unit);
  }

  /** The best rows of the candidates. */
  #finish(candidates: Candidates, unit: Float32Array, depth: ResolvedDepth): ScoredRow[] {
    const { segments } = this.#codes;
    if (!depth.rerank) return scoredRows(segments, candidates);
    return rerankStored(segments, candidates, depth, unit);
  }

  /** What the stages before re-ranking hand on, best first. */
  #candidates(unit: Float32Array, depth: ResolvedDepth, allowed: RowSet | undefined): Candidates {
    const query = this.#project(unit);
    const few = this.#fewAllowed(depth, allowed);
    if (few) return this.#rankFew(query, depth, few);
    return this.#rank(query, depth, this.#scan(query, depth, allowed));
  }

  #project(unit: Float32Array): CodeQuery {
    return { unit, projection: project(this.#codes.quantizer, unit) };
  }

  #rankFew(query: CodeQuery, depth: ResolvedDepth, few: Float64Array): Candidates {
    const { quantizer, segments } = this.#codes;
    const { scoring, scored } = depth;
    // Few rows are re-ranked all, so that nobody asks for their order.
    if (scoring === 'symmetric') {
      return { places: few, scores: new Float64Array(few.length).fill(Infinity) };
    }
    const score = codeScorer(quantizer, query, { ...depth, scoring });
    const scores = scorePlaces(segments, few, scoreAll(score));
    return bestCandidates(few, scores, scored);
  }

  /** The first stage, over codes or their prefixes. */
  #scan(query: CodeQuery, depth: ResolvedDepth, allowed: RowSet | undefined): ScannedSegments {
    const { segments, prefixBits } = this.#codes;
    const { candidates: count, scored, prefixes } = depth;
    if (prefixes === undefined) {
      const code = signsOf(query);
      return {
        places: () => scanCodes(segments, code, { count, allowed }),
        slots: () => scanSlots(segments, code, { count, allowed }),
      };
    }
    const leading = query.projection.subarray(0, prefixBits);
    if (prefixes === 'safe') {
      const nearest = () =>
        scanThroughPrefixes(segments, signsOf(query), equalWeights(leading), { count, allowed });
      return { places: nearest, slots: () => foundSlots(segments.length, nearest().places) };
    }
    const slots = () =>
      scanPrefixes(segments, prefixWeights(leading), {
        count: Math.max(prefixes, scored),
        allowed,
      });
    return { places: () => scanFound(segments, signsOf(query), slots(), count), slots };
  }

  /** The candidates that a scan found, best first. */
  #rank(query: CodeQuery, depth: ResolvedDepth, scanned: ScannedSegments): Candidates {
    const { scoring, scored } = depth;
    if (scoring === 'symmetric') return byDistance(scanned.places(), this.#codes.quantizer.bits);
    return bestSlots(this.#scoreSlots(query, { ...depth, scoring }, scanned), scored);
  }

  /** What a scan found, scored by codes: the best of each segment at least. */
  #scoreSlots(
    query: CodeQuery,
    options: CodeScoringOptions,
    scanned: ScannedSegments,
  ): ScoredSlots[] {
    const { quantizer, segments } = this.#codes;
    const score = codeScorer(quantizer, query, options);
    return scanned.slots().map(({ ordinal, slots: found }) => {
      const { slots, scores } = score(segments[ordinal].content, found, options.scored);
      return { ordinal, slots, scores };
    });
  }

  /** The places of allowed rows that are too few for a scan to be worth it. */
  #fewAllowed(depth: ResolvedDepth, allowed: RowSet | undefined): Float64Array | undefined {
    const { locate } = this.#codes;
    if (!locate || !allowed || allowed.size > depth.candidates) return undefined;
    if (depth.scoring === 'symmetric' && !depth.rerank) return undefined;
    return locate(allowed);
  }
}

const nothingScanned: ScannedSegments = {
  places: () => ({ places: new Float64Array(0), distances: new Uint32Array(0) }),
  slots: () => [],
};

/** The angle between two vectors is about π times the share of bits in which their codes differ. */
function byDistance({ places, distances }: NearestPlaces, bits: number): Candidates {
  const angle = Math.PI / bits;
  return { places, scores: Float64Array.from(distances, (distance) => Math.cos(angle * distance)) };
}
