import { packSigns } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import { bestCandidates } from './best-candidates.ts';
import type { Candidates } from './candidates.ts';
import { scoredRows, scorePlaces, slotScores } from './candidates.ts';
import type { CodeQuery } from './code-scoring.ts';
import { codeScorer, project } from './code-scoring.ts';
import type { CodeSegment } from './code-segment.ts';
import { fetchedScores, rerank, rerankAsync } from './rerank.ts';
import type { RowSet } from './row-set.ts';
import type { NearestPlaces } from './scan-codes.ts';
import { scanCodes, scanSlots, scanThroughPrefixes } from './scan-codes.ts';
import type { ResolvedDepth, SearchDepth } from './search-depth.ts';
import { resolveDepth } from './search-depth.ts';
import type { Segment } from './segmented-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';
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
  readonly hasPrefixes: boolean;
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
    const candidates = this.#candidates(unit, depth, options.allowed);
    if (!depth.rerank) return scoredRows(this.#codes.segments, candidates);
    if (this.#codes.source) {
      throw new BitryoshkaError({
        code: 'not-supported',
        message: 'search: got vectors that are fetched, expected stored ones.',
        remedy: 'Call searchAsync, or search with rerank: 0.',
      });
    }
    const { segments } = this.#codes;
    return scoredRows(
      this.#codes.segments,
      rerank(candidates, depth, (places) =>
        scorePlaces(segments, places, ({ vectors }, slots) =>
          (vectors as StoredVectors).scores(slots, unit),
        ),
      ),
    );
  }

  /** The same where vectors may have to be fetched; it sees the index as it was at the call. */
  async searchAsync(query: ArrayLike<number>, options: AsyncSearchOptions): Promise<ScoredRow[]> {
    const { source } = this.#codes;
    if (!source || options.rerank === 0) return this.search(query, options);
    const { signal } = options;
    signal?.throwIfAborted();
    const { depth, unit } = this.#begin(query, options);
    const candidates = this.#candidates(unit, depth, options.allowed);
    // The rows of the candidates now: while vectors are fetched, others may take their places.
    const rowOf = new Map(
      scoredRows(this.#codes.segments, candidates).map(({ row }, i) => [candidates.places[i], row]),
    );
    const rowsOf = (places: Float64Array) => Array.from(places, (place) => rowOf.get(place)!);
    const best = await rerankAsync(candidates, depth, (places) =>
      fetchedScores(source, rowsOf(places), unit, signal),
    );
    return rowsOf(best.places).map((row, i) => ({ row, score: best.scores[i] }));
  }

  #begin(query: ArrayLike<number>, options: FlatSearchOptions) {
    const { quantizer, hasPrefixes } = this.#codes;
    const hasDecoder = quantizer.decoder !== undefined;
    const depth = resolveDepth(options, { hasDecoder, hasPrefixes });
    return { depth, unit: unitQuery(query, quantizer.inputDimensions) };
  }

  /** What the stages before re-ranking hand on, best first. */
  #candidates(unit: Float32Array, depth: ResolvedDepth, allowed: RowSet | undefined): Candidates {
    const { quantizer, segments } = this.#codes;
    const { scoring, scored, queryDigits } = depth;
    const places = this.#fewAllowed(depth, allowed);
    const query = { unit, projection: project(quantizer, unit) };
    if (scoring === 'symmetric') {
      // Few rows are re-ranked all, so that nobody asks for their order.
      if (places) return { places, scores: new Float64Array(places.length).fill(Infinity) };
      const near = this.#scan(query, depth, allowed);
      // The angle between two vectors is about π times the share of bits in which their codes differ.
      const angle = Math.PI / quantizer.bits;
      const scores = Float64Array.from(near.distances, (distance) => Math.cos(angle * distance));
      return { places: near.places, scores };
    }
    const score = codeScorer(quantizer, query, { scoring, queryDigits });
    if (!places && depth.prefixes === undefined) {
      const { candidates: count } = depth;
      const found = scanSlots(segments, signsOf(query), { count, allowed });
      const all = slotScores(segments, found, score);
      return bestCandidates(all.places, all.scores, scored);
    }
    const scanned = places ?? this.#scan(query, depth, allowed).places;
    return bestCandidates(scanned, scorePlaces(segments, scanned, score), scored);
  }

  /** The places of allowed rows that are too few for a scan to be worth it. */
  #fewAllowed(depth: ResolvedDepth, allowed: RowSet | undefined): Float64Array | undefined {
    const { locate } = this.#codes;
    if (!locate || !allowed || allowed.size > depth.candidates) return undefined;
    if (depth.scoring === 'symmetric' && !depth.rerank) return undefined;
    return locate(allowed);
  }

  #scan(query: CodeQuery, depth: ResolvedDepth, allowed: RowSet | undefined): NearestPlaces {
    const { segments } = this.#codes;
    const { candidates: count, prefixes, scoring } = depth;
    const code = signsOf(query);
    if (prefixes === undefined) return scanCodes(segments, code, { count, allowed });
    const isExact = prefixes === 'safe';
    const taken = isExact ? 4 * count : prefixes;
    const isOrdered = scoring === 'symmetric';
    return scanThroughPrefixes(segments, code, {
      count,
      allowed,
      prefixes: taken,
      isExact,
      isOrdered,
    });
  }
}

function signsOf({ projection }: CodeQuery): Uint8Array {
  return packSigns({ rows: 1, columns: projection.length, data: projection }).data;
}
