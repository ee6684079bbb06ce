import { matrixKernel } from '../kernels/matrix/matrix-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, rowRange } from '../vectors/matrix.ts';

/** Queries, and documents, whose products are computed at a time: some milliseconds. */
const queriesPerTurn = 128;
const documentsPerTurn = 1024;

/**
 * The documents with the largest inner product with each query, best first, of equal ones the first:
 * `queries x n` row numbers, n being `count` or as many as there are.
 */
export async function nearestDocuments(
  queries: Matrix,
  documents: Matrix,
  count: number,
  options: TaskOptions = {},
): Promise<Uint32Array> {
  const wanted = Math.min(count, documents.rows);
  const largest = await largestProducts(queries, documents, wanted, false, options);
  return inOneList(
    largest.map((products) => products.sortedRows()),
    wanted,
  );
}

/**
 * The `count` rows with the largest inner product with each row, itself left out: `rows x count` row
 * numbers, in no order.
 */
export async function nearestNeighbours(
  vectors: Matrix,
  count: number,
  options: TaskOptions = {},
): Promise<Uint32Array> {
  const wanted = Math.min(count, vectors.rows - 1);
  const largest = await largestProducts(vectors, vectors, wanted, true, options);
  return inOneList(
    largest.map(({ rows }) => rows),
    wanted,
  );
}

/**
 * By query: the largest products. Exact, as every query is compared with every document.
 *
 * @param areSame whether no query is to meet the document of its own row
 */
async function largestProducts(
  queries: Matrix,
  documents: Matrix,
  count: number,
  areSame: boolean,
  options: TaskOptions,
): Promise<LargestValues[]> {
  const largest = Array.from({ length: queries.rows }, () => new LargestValues(count, !areSame));
  for (let start = 0; start < queries.rows && count > 0; start += queriesPerTurn) {
    const asked = rowRange(queries, start, Math.min(queries.rows, start + queriesPerTurn));
    for (let first = 0; first < documents.rows; first += documentsPerTurn) {
      await checkpoint(options, { stage: 'neighbours', done: start, total: queries.rows });
      const end = Math.min(documents.rows, first + documentsPerTurn);
      const products = matrixKernel().multiplyTransposed(asked, rowRange(documents, first, end));
      for (let i = 0; i < asked.rows; i++) {
        const own = row(products, i);
        // Where the row is in another block, this is outside of the array, and does nothing.
        if (areSame) own[start + i - first] = -Infinity;
        largest[start + i].offer(own, first);
      }
    }
  }
  return largest;
}

function inOneList(lists: readonly Uint32Array[], length: number): Uint32Array {
  const all = new Uint32Array(lists.length * length);
  for (const [i, list] of lists.entries()) all.set(list, i * length);
  return all;
}

/**
 * The rows of the largest values that were offered, of equal ones the first if wanted: a heap whose root is the
 * smallest that is kept, so that most values fail one comparison.
 */
class LargestValues {
  readonly rows: Uint32Array;
  readonly #values: Float32Array;
  readonly #firstOfEqual: boolean;
  #size = 0;

  constructor(count: number, firstOfEqual: boolean) {
    this.rows = new Uint32Array(count);
    this.#values = new Float32Array(count);
    this.#firstOfEqual = firstOfEqual;
  }

  /** @param values of the rows from `firstRow` on, which is above all that were offered before */
  offer(values: Float32Array, firstRow: number): void {
    const { rows } = this;
    const kept = this.#values;
    let j = 0;
    for (; this.#size < rows.length && j < values.length; j++) {
      rows[this.#size] = firstRow + j;
      kept[this.#size++] = values[j];
      if (this.#size < rows.length) continue;
      for (let at = (rows.length >> 1) - 1; at >= 0; at--) this.#sink(at);
    }
    for (; j < values.length; j++) {
      if (values[j] <= kept[0]) continue;
      rows[0] = firstRow + j;
      kept[0] = values[j];
      this.#sink(0);
    }
  }

  sortedRows(): Uint32Array {
    const places = Uint32Array.from(this.rows.keys());
    return places.sort((a, b) => (this.#isWorse(a, b) ? 1 : -1)).map((place) => this.rows[place]);
  }

  #sink(from: number): void {
    const { rows } = this;
    const kept = this.#values;
    for (let at = from; ; ) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < rows.length && this.#isWorse(child, worst)) worst = child;
      }
      if (worst === at) return;
      [rows[at], rows[worst]] = [rows[worst], rows[at]];
      [kept[at], kept[worst]] = [kept[worst], kept[at]];
      at = worst;
    }
  }

  #isWorse(place: number, than: number): boolean {
    const values = this.#values;
    if (!this.#firstOfEqual || values[place] !== values[than]) return values[place] < values[than];
    return this.rows[place] > this.rows[than];
  }
}
