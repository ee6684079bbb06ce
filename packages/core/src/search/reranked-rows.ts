import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import { aliveBlocks } from './alive-blocks.ts';
import type { FoundSlots } from './best-slots.ts';
import type { Candidates } from './candidates.ts';
import { scoredRows, scorePlaces } from './candidates.ts';
import type { RerankOptions } from './rerank.ts';
import { fetchedScores, rerank, rerankAll, rerankAsync } from './rerank.ts';
import { SegmentedRows } from './segmented-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { ScoredRow } from './top-rows.ts';
import { VectorContent } from './vector-content.ts';
import type { VectorStorage } from './vector-storage.ts';
import { isVectorSource, storedVectorsFactory } from './vector-storage.ts';

/** Rows by number, and the vectors that re-ranking reads: stored, or fetched. Their codes are elsewhere. */
export class RerankedRows {
  readonly rows: SegmentedRows<VectorContent>;
  readonly #storage: VectorStorage;

  /** @param onMove is told where a row is now */
  constructor(
    dimensions: number,
    storage: VectorStorage,
    onMove?: (row: number, position: number) => void,
  ) {
    const create = storedVectorsFactory(storage);
    this.rows = new SegmentedRows(() => new VectorContent(create?.(dimensions)), onMove);
    this.#storage = storage;
  }

  /** Whether vectors are fetched. */
  get isFetched(): boolean {
    return isVectorSource(this.#storage);
  }

  /** @returns the number of the first row */
  append(unit: Matrix): number {
    return this.rows.append(unit.rows, ({ vectors }, start, end) => {
      vectors?.append(rowRange(unit, start, end));
    });
  }

  update(row: number, unit: Matrix): void {
    this.rows.update(row, ({ vectors }) => vectors?.append(unit));
  }

  vector(row: number): Float32Array {
    this.checkStored();
    const { content, slot } = this.rows.at(row);
    return (content.vectors as StoredVectors).at(slot);
  }

  /** All vectors in blocks, in the order in which they were written. */
  blocks(): Iterable<Matrix> {
    this.checkStored();
    return aliveBlocks(this.rows.segments, ({ vectors }) => vectors as StoredVectors);
  }

  /** The best of the slots by their vectors, all of which are read: quicker than by their places. */
  bestOfSlots(found: readonly FoundSlots[], k: number, unit: Float32Array): ScoredRow[] {
    const { segments } = this.rows;
    const best = rerankAll(found, k, ({ ordinal, slots }) =>
      (segments[ordinal].content.vectors as StoredVectors).scores(slots, unit),
    );
    return scoredRows(segments, best);
  }

  /** The best of the candidates by their vectors. */
  best(candidates: Candidates, options: RerankOptions, unit: Float32Array): ScoredRow[] {
    const { segments } = this.rows;
    const best = rerank(candidates, options, (places) =>
      scorePlaces(segments, places, ({ vectors }, slots) =>
        (vectors as StoredVectors).scores(slots, unit),
      ),
    );
    return scoredRows(segments, best);
  }

  /** The same by vectors that are fetched, for the rows that are at the candidates' places now. */
  async bestFetched(
    candidates: Candidates,
    options: RerankOptions,
    unit: Float32Array,
    signal: AbortSignal | undefined,
  ): Promise<ScoredRow[]> {
    const storage = this.#storage;
    if (!isVectorSource(storage)) return this.best(candidates, options, unit);
    // While vectors are fetched, others may take their places.
    const found = scoredRows(this.rows.segments, candidates);
    const rowOf = new Map(found.map(({ row }, i) => [candidates.places[i], row]));
    const rowsOf = (places: Float64Array) => Array.from(places, (place) => rowOf.get(place)!);
    const best = await rerankAsync(candidates, options, (places) =>
      fetchedScores(storage, rowsOf(places), unit, signal),
    );
    return rowsOf(best.places).map((row, i) => ({ row, score: best.scores[i] }));
  }

  /** @throws BitryoshkaError `not-supported` where vectors are fetched */
  checkStored(): void {
    if (!this.isFetched) return;
    throw new BitryoshkaError({
      code: 'not-supported',
      message: 'got an index whose vectors are fetched, expected one that stores them.',
      remedy: 'Call searchAsync, search with rerank: 0, or ask the source of the vectors.',
    });
  }
}
