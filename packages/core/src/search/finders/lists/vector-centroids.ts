import { matrixKernel } from '../../../kernels/matrix/matrix-kernel.ts';
import { scanKernel } from '../../../kernels/scan/scan-kernel.ts';
import type { VectorMemory } from '../../../kernels/scan/vector-memory.ts';
import type { Matrix } from '../../../vectors/matrix.ts';
import { row, rowRange, zeros } from '../../../vectors/matrix.ts';
import { normalizeRows } from '../../../vectors/normalize.ts';
import type { CodeQuery } from '../../ranking/code-scoring.ts';
import { TopK } from '../../ranking/top-k.ts';
import { vectorCodec } from '../../vectors/vector-codecs.ts';
import type { Centroids, ClusteredItems } from './centroids.ts';
import { withRow } from './centroids.ts';

const blockRows = 1024;
/** Of the distance from a centroid: an item that is one itself has no direction from it. */
const smallestSquare = 1e-9;

/** Unit vectors as centroids, compared by cosine. */
export class VectorCentroids implements Centroids {
  readonly dimensions: number;
  #centroids: Matrix;
  /** Cosines of the centroids with each other, as long as none is moved. */
  #cosines: Matrix | undefined;
  /** What queries are compared with, as long as none is moved. */
  #rounded: RoundedVectors | undefined;

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

  get values(): Matrix {
    return this.#centroids;
  }

  restore(values: Matrix): void {
    this.#centroids = values;
    this.#cosines = undefined;
    this.#rounded = undefined;
  }

  place(list: number, { vectors }: ClusteredItems, members: ArrayLike<number>): void {
    this.#centroids = withRow(this.#centroids, list);
    this.#cosines = undefined;
    this.#rounded = undefined;
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
    this.#cosines ??= matrixKernel().multiplyTransposed(this.#centroids, this.#centroids);
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

  nearest({ unit }: CodeQuery, count: number): ArrayLike<number> {
    this.#rounded ??= roundedVectors(this.#centroids);
    const { memory, all } = this.#rounded;
    const cosines = memory.dotProducts(unit, all);
    const top = new TopK(count);
    for (let list = 0; list < cosines.length; list++) top.offer(list, cosines[list]);
    return top.rows().map((scored) => scored.row);
  }

  /** The cosines of each item with all centroids. */
  #compare(items: Matrix, see: (item: number, cosines: Float32Array) => void): void {
    for (let start = 0; start < items.rows; start += blockRows) {
      const block = rowRange(items, start, Math.min(items.rows, start + blockRows));
      const cosines = matrixKernel().multiplyTransposed(block, this.#centroids);
      for (let i = 0; i < block.rows; i++) see(start + i, row(cosines, i));
    }
  }
}

/** Vectors rounded to eight bits: they are read four times as fast, and their order hardly changes. */
interface RoundedVectors {
  readonly memory: VectorMemory;
  /** The numbers of all of them. */
  readonly all: Uint32Array;
}

function roundedVectors({ rows, columns, data }: Matrix): RoundedVectors {
  const memory = scanKernel().createVectorMemory(rows, columns, 'int8');
  const codec = vectorCodec('int8', columns);
  const { bytesPerVector: bytes } = codec;
  for (let i = 0; i < rows; i++) {
    const vector = data.subarray(i * columns, (i + 1) * columns);
    codec.encode(vector, memory.bytes.subarray(i * bytes, (i + 1) * bytes));
  }
  return { memory, all: Uint32Array.from({ length: rows }, (_, i) => i) };
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let j = 1; j < values.length; j++) if (values[j] > values[best]) best = j;
  return best;
}
