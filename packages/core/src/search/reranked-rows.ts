import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { rowRange } from '../vectors/matrix.ts';
import { aliveBlocks } from './alive-blocks.ts';
import type { FoundSlots } from './best-slots.ts';
import type { Candidates } from './candidates.ts';
import type { RerankOptions } from './rerank.ts';
import { rerankFetched, rerankSlots, rerankStored } from './rerank-rows.ts';
import { SegmentedRows } from './segmented-rows.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { ScoredRow } from './top-rows.ts';
import { VectorContent } from './vector-content.ts';
import type { VectorStorage } from './vector-storage.ts';
import { isVectorSource, storedVectorsFactory } from './vector-storage.ts';

/** Rows by number, and the vectors that re-ranking reads: stored, or fetched. Their codes are elsewhere. */
export class RerankedRows {
  readonly segmented: SegmentedRows<VectorContent>;
  readonly #storage: VectorStorage;

  /** @param onMove is told where a row is now */
  constructor(
    dimensions: number,
    storage: VectorStorage,
    onMove?: (row: number, position: number) => void,
  ) {
    const create = storedVectorsFactory(storage);
    this.segmented = new SegmentedRows(() => new VectorContent(create?.(dimensions)), onMove);
    this.#storage = storage;
  }

  /** Whether vectors are fetched. */
  get isFetched(): boolean {
    return isVectorSource(this.#storage);
  }

  /** @returns the number of the first row */
  append(unit: Matrix): number {
    return this.segmented.append(unit.rows, ({ vectors }, start, end) => {
      vectors?.append(rowRange(unit, start, end));
    });
  }

  update(row: number, unit: Matrix): void {
    this.segmented.update(row, ({ vectors }) => vectors?.append(unit));
  }

  vector(row: number): Float32Array {
    this.checkStored();
    const { content, slot } = this.segmented.at(row);
    return (content.vectors as StoredVectors).at(slot);
  }

  /** All vectors in blocks, in the order in which they were written. */
  blocks(): Iterable<Matrix> {
    this.checkStored();
    return aliveBlocks(this.segmented.segments, ({ vectors }) => vectors as StoredVectors);
  }

  /** The best of the slots by their vectors, all of which are read. */
  bestOfSlots(found: readonly FoundSlots[], k: number, unit: Float32Array): ScoredRow[] {
    return rerankSlots(this.segmented.segments, found, k, unit);
  }

  /** The best of the candidates by their vectors. */
  best(candidates: Candidates, options: RerankOptions, unit: Float32Array): ScoredRow[] {
    return rerankStored(this.segmented.segments, candidates, options, unit);
  }

  /** The same where vectors are fetched. */
  async bestFetched(
    candidates: Candidates,
    options: RerankOptions,
    unit: Float32Array,
    signal: AbortSignal | undefined,
  ): Promise<ScoredRow[]> {
    const source = this.#storage;
    if (!isVectorSource(source)) return this.best(candidates, options, unit);
    const { segments } = this.segmented;
    return rerankFetched(segments, candidates, options, { source, unit, signal });
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
