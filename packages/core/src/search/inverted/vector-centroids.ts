import { defaultKernel } from '../../kernels/default-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { TopRows } from '../top-rows.ts';
import type { Centroids, ClusteredItems, ClusteredQuery } from './centroids.ts';
import { withRow } from './with-row.ts';

const blockRows = 1024;

/** Unit vectors as centroids, compared by cosine. */
export class VectorCentroids implements Centroids {
  readonly dimensions: number;
  #centroids: Matrix;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#centroids = zeros(0, dimensions);
  }

  get count(): number {
    return this.#centroids.rows;
  }

  createEmpty(): VectorCentroids {
    return new VectorCentroids(this.dimensions);
  }

  /** Centroid `list` as a view, not a copy. */
  at(list: number): Float32Array {
    return row(this.#centroids, list);
  }

  place(list: number, { vectors }: ClusteredItems, members: ArrayLike<number>): void {
    this.#centroids = withRow(this.#centroids, list);
    const mean = zeros(1, this.dimensions);
    for (let i = 0; i < members.length; i++) {
      const vector = row(vectors as Matrix, members[i]);
      for (let j = 0; j < vector.length; j++) mean.data[j] += vector[j];
    }
    row(this.#centroids, list).set(normalizeRows(mean).data);
  }

  assign({ vectors }: ClusteredItems): Uint32Array {
    const all = vectors as Matrix;
    const nearest = new Uint32Array(all.rows);
    for (let start = 0; start < all.rows; start += blockRows) {
      const block = rowRange(all, start, Math.min(all.rows, start + blockRows));
      const { columns, data } = defaultKernel().multiplyTransposed(block, this.#centroids);
      for (let i = 0, p = 0; i < block.rows; i++) {
        let best = 0;
        for (let j = 1; j < columns; j++) if (data[p + j] > data[p + best]) best = j;
        nearest[start + i] = best;
        p += columns;
      }
    }
    return nearest;
  }

  nearest({ unit }: ClusteredQuery, count: number): number[] {
    const query = { rows: 1, columns: unit.length, data: unit };
    const { data } = defaultKernel().multiplyTransposed(query, this.#centroids);
    const top = new TopRows(count);
    for (let list = 0; list < data.length; list++) top.offer(list, data[list]);
    return top.rows().map((scored) => scored.row);
  }
}
