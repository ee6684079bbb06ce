import { packSigns } from '../../codes/codes.ts';
import { defaultKernel } from '../../kernels/default-kernel.ts';
import { dotProduct } from '../../kernels/dot-product.ts';
import type { CodeMemory } from '../../kernels/kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row } from '../../vectors/matrix.ts';
import { TopRows } from '../top-rows.ts';
import type { Centroids, ClusteredItems, ClusteredQuery } from './centroids.ts';
import { withRow } from './with-row.ts';

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
    this.#signs = defaultKernel().createCodeMemory(bytesPerCode);
    this.#means = { rows: 0, columns: bits, data: new Float32Array(0) };
  }

  get count(): number {
    return this.#signs.rows;
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
    const code = this.#signs
      .bytes()
      .subarray(list * bytes, (list + 1) * bytes)
      .fill(0);
    for (let bit = 0; bit < this.#bits; bit++) {
      mean[bit] = (2 * ones[bit]) / members.length - 1;
      if (mean[bit] > 0) code[bit >> 3] |= 1 << (bit & 7);
    }
  }

  assign({ codes }: ClusteredItems): Uint32Array {
    const { bytesPerCode: bytes, data } = codes;
    const nearest = new Uint32Array(codes.rows);
    for (let i = 0; i < codes.rows; i++) {
      [nearest[i]] = this.#signs.nearest(data.subarray(i * bytes, (i + 1) * bytes), 1).rows;
    }
    return nearest;
  }

  nearest({ projection }: ClusteredQuery, count: number): number[] {
    const values = projection();
    const query = { rows: 1, columns: values.length, data: values };
    const { rows } = this.#signs.nearest(packSigns(query).data, preselected * count);
    const top = new TopRows(count);
    for (const list of rows)
      top.offer(list, dotProduct(this.#means.data, list * this.#bits, values));
    return top.rows().map((scored) => scored.row);
  }
}
