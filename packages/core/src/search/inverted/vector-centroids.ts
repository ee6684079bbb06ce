import { defaultKernel } from '../../kernels/default-kernel.ts';
import type { Multiplier } from '../../kernels/kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { TopRows } from '../top-rows.ts';
import type { Centroids, ClusteredItems, ClusteredQuery } from './centroids.ts';
import { withRow } from './with-row.ts';

const blockRows = 1024;
/** Of the distance from a centroid: an item that is one itself has no direction from it. */
const smallestSquare = 1e-9;

/** Unit vectors as centroids, compared by cosine. */
export class VectorCentroids implements Centroids {
  readonly dimensions: number;
  #centroids: Matrix;
  /** Cosines of the centroids with each other, and with queries, as long as none is moved. */
  #cosines: Matrix | undefined;
  #multiply: Multiplier | undefined;

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
    this.#cosines = undefined;
    this.#multiply = undefined;
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
    this.#compare(all, (item, cosines) => {
      nearest[item] = largest(cosines);
    });
    return nearest;
  }

  /**
   * The second one is near as well, and off in another direction: a query for which the first is far away,
   * because of how the item differs from it, is likely to be near to the second.
   *
   * Source: Sun et al., "SOAR: Improved Indexing for Approximate Nearest Neighbor Search", NeurIPS 2023.
   */
  assignTwice({ vectors }: ClusteredItems): Uint32Array {
    const all = vectors as Matrix;
    const { count } = this;
    this.#cosines ??= defaultKernel().multiplyTransposed(this.#centroids, this.#centroids);
    const ofCentroids = this.#cosines;
    const assigned = new Uint32Array(2 * all.rows);
    this.#compare(all, (item, cosines) => {
      const first = largest(cosines);
      const toFirst = row(ofCentroids, first);
      const square = Math.max(2 - 2 * cosines[first], smallestSquare);
      let second = first;
      let smallest = Infinity;
      for (let j = 0; j < count; j++) {
        if (j === first) continue;
        // How much of the difference from this one lies along that from the first.
        const along = 1 - cosines[j] - cosines[first] + toFirst[j];
        const loss = 2 - 2 * cosines[j] + (along * along) / square;
        if (loss < smallest) [second, smallest] = [j, loss];
      }
      assigned[2 * item] = first;
      assigned[2 * item + 1] = second;
    });
    return assigned;
  }

  nearest({ unit }: ClusteredQuery, count: number): number[] {
    const query = { rows: 1, columns: unit.length, data: unit };
    this.#multiply ??= defaultKernel().createMultiplier(this.#centroids);
    const { data } = this.#multiply(query);
    const top = new TopRows(count);
    for (let list = 0; list < data.length; list++) top.offer(list, data[list]);
    return top.rows().map((scored) => scored.row);
  }

  /** The cosines of each item with all centroids. */
  #compare(items: Matrix, see: (item: number, cosines: Float32Array) => void): void {
    for (let start = 0; start < items.rows; start += blockRows) {
      const block = rowRange(items, start, Math.min(items.rows, start + blockRows));
      const cosines = defaultKernel().multiplyTransposed(block, this.#centroids);
      for (let i = 0; i < block.rows; i++) see(start + i, row(cosines, i));
    }
  }
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let j = 1; j < values.length; j++) if (values[j] > values[best]) best = j;
  return best;
}
