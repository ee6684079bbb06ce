import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { toMatrix, toVector } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { checkCount } from './check-count.ts';
import type { ScoredRow } from './top-rows.ts';
import { TopRows } from './top-rows.ts';
import type { SearchOptions, VectorIndex } from './vector-index.ts';
import { VectorRows } from './vector-rows.ts';

/** Scores every vector in float32: the truth that codes are measured by, and fast while few. */
export class ExactIndex implements VectorIndex {
  readonly dimensions: number;
  readonly #vectors: VectorRows;

  constructor(dimensions: number, vectors: VectorRows = new VectorRows(dimensions)) {
    this.dimensions = dimensions;
    this.#vectors = vectors;
  }

  get rows(): number {
    return this.#vectors.rows;
  }

  add(vectors: Vectors): void {
    this.#vectors.append(normalizeRows(toMatrix(vectors, { columns: this.dimensions })));
  }

  search(query: ArrayLike<number>, { k, allowed }: SearchOptions): ScoredRow[] {
    checkCount('k', k, 0);
    const unit = unitQuery(query, this.dimensions);
    const top = new TopRows(k);
    for (let i = 0; i < this.rows; i++) {
      if (!allowed || allowed.has(i)) top.offer(i, this.#vectors.dot(i, unit));
    }
    return top.rows();
  }

  vector(row: number): Float32Array {
    return this.#vectors.at(row);
  }

  select(rows: ArrayLike<number>): ExactIndex {
    return new ExactIndex(this.dimensions, this.#vectors.select(rows));
  }

  blocks(): Iterable<Matrix> {
    return this.#vectors.blocks();
  }

  /** The vectors themselves, to build another index on without copying them. */
  get vectors(): VectorRows {
    return this.#vectors;
  }
}

/** A query, checked and scaled to unit length. */
export function unitQuery(query: ArrayLike<number>, dimensions: number): Float32Array {
  const data = toVector(query, { columns: dimensions, name: 'query' });
  return normalizeRows({ rows: 1, columns: dimensions, data }).data;
}
