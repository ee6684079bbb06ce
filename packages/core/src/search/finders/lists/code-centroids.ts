import { dotProduct } from '../../../kernels/dot-product.ts';
import type { CodeMemory } from '../../../kernels/scan/code-memory.ts';
import { scanKernel } from '../../../kernels/scan/scan-kernel.ts';
import type { Matrix } from '../../../vectors/matrix.ts';
import { row } from '../../../vectors/matrix.ts';
import type { CodeQuery } from '../../ranking/code-scoring.ts';
import { TopK } from '../../ranking/top-k.ts';
import type { Centroids, ClusteredItems } from './centroids.ts';
import { withRow } from './centroids.ts';

/** Lists whose signs are nearest, for each list that is wanted by its mean. */
const preselected = 3;

/**
 * The means of codes as centroids. Codes are compared with the signs of the means, which is quick; a
 * query's real values are compared with the means themselves, which tells more.
 */
export class CodeCentroids implements Centroids {
  readonly #bits: number;
  readonly #signs: CodeMemory;
  /** By list: the mean of ±1 for each bit. */
  #means: Matrix;

  constructor(bits: number, bytesPerCode: number) {
    this.#bits = bits;
    this.#signs = scanKernel().createCodeMemory(bytesPerCode);
    this.#means = { rows: 0, columns: bits, data: new Float32Array(0) };
  }

  get count(): number {
    return this.#signs.rows;
  }

  get values(): Matrix {
    return this.#means;
  }

  restore(values: Matrix): void {
    this.#means = values;
    this.#signs.resize(values.rows);
    for (let list = 0; list < values.rows; list++) this.#writeSigns(list);
  }

  createEmpty(): CodeCentroids {
    return new CodeCentroids(this.#bits, this.#signs.bytesPerCode);
  }

  place(list: number, { codes }: ClusteredItems, members: ArrayLike<number>): void {
    const { bytesPerCode: bytes, data } = codes;
    const ones = new Uint32Array(bytes * 8);
    for (let i = 0; i < members.length; i++) {
      for (let byte = 0, p = members[i] * bytes; byte < bytes; byte++, p++) {
        const value = data[p];
        for (let bit = 0; bit < 8; bit++) ones[byte * 8 + bit] += (value >> bit) & 1;
      }
    }
    if (list >= this.count) this.#signs.resize(list + 1);
    this.#means = withRow(this.#means, list);
    const mean = row(this.#means, list);
    for (let bit = 0; bit < this.#bits; bit++) mean[bit] = (2 * ones[bit]) / members.length - 1;
    this.#writeSigns(list);
  }

  assign({ codes }: ClusteredItems): Uint32Array {
    const { bytesPerCode: bytes, data } = codes;
    const nearest = new Uint32Array(codes.rows);
    for (let i = 0; i < codes.rows; i++) {
      [nearest[i]] = this.#signs.nearest(data.subarray(i * bytes, (i + 1) * bytes), 1).rows;
    }
    return nearest;
  }

  nearest(query: CodeQuery, count: number): number[] {
    const { rows } = this.#signs.nearest(query.signs, preselected * count);
    const top = new TopK(count);
    for (const list of rows) {
      top.offer(list, dotProduct(this.#means.data, list * this.#bits, query.projection));
    }
    return top.rows().map((scored) => scored.row);
  }

  #writeSigns(list: number): void {
    const bytes = this.#signs.bytesPerCode;
    const code = this.#signs
      .bytes()
      .subarray(list * bytes, (list + 1) * bytes)
      .fill(0);
    for (const [bit, mean] of row(this.#means, list).entries()) {
      if (mean > 0) code[bit >> 3] |= 1 << (bit & 7);
    }
  }
}
