import type { FoundSlots } from './best-slots.ts';
import type { Candidates } from './candidates.ts';
import { scoredRows, scorePlaces } from './candidates.ts';
import type { RerankOptions } from './rerank.ts';
import { fetchedScores, rerank, rerankAll, rerankAsync } from './rerank.ts';
import type { Segment } from './segmented-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { ScoredRow } from './top-rows.ts';
import type { VectorSource } from './vector-storage.ts';

/** Segments whose vectors are read, or fetched where they have none. */
type RerankedSegments = readonly Segment<{ readonly vectors: StoredVectors | undefined }>[];

/** The best rows of the slots by their vectors, all of which are read: quicker than by their places. */
export function rerankSlots(
  segments: RerankedSegments,
  found: readonly FoundSlots[],
  k: number,
  unit: Float32Array,
): ScoredRow[] {
  const best = rerankAll(found, k, ({ ordinal, slots }) =>
    (segments[ordinal].content.vectors as StoredVectors).scores(slots, unit),
  );
  return scoredRows(segments, best);
}

/** The best rows of the candidates by their vectors. */
export function rerankStored(
  segments: RerankedSegments,
  candidates: Candidates,
  options: RerankOptions,
  unit: Float32Array,
): ScoredRow[] {
  const best = rerank(candidates, options, (places) =>
    scorePlaces(segments, places, ({ vectors }, slots) =>
      (vectors as StoredVectors).scores(slots, unit),
    ),
  );
  return scoredRows(segments, best);
}

/** The same by vectors that are fetched, for the rows that are at the candidates' places at the call. */
export async function rerankFetched(
  segments: RerankedSegments,
  candidates: Candidates,
  options: RerankOptions,
  fetched: {
    readonly source: VectorSource;
    readonly unit: Float32Array;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ScoredRow[]> {
  const { source, unit, signal } = fetched;
  // While vectors are fetched, others may take their places.
  const found = scoredRows(segments, candidates);
  const rowOf = new Map(found.map(({ row }, i) => [candidates.places[i], row]));
  const rowsOf = (places: Float64Array) => Array.from(places, (place) => rowOf.get(place)!);
  const best = await rerankAsync(candidates, options, (places) =>
    fetchedScores(source, rowsOf(places), unit, signal),
  );
  return rowsOf(best.places).map((row, i) => ({ row, score: best.scores[i] }));
}
