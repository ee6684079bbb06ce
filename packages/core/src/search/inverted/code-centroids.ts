import type { Codes } from '../../codes/codes.ts';
import { defaultKernel } from '../../kernels/default-kernel.ts';
import type { CodeMemory } from '../../kernels/kernel.ts';
import type { Centroids, ClusteredItems, ClusteredQuery } from './centroids.ts';

/** Codes as centroids: each bit is that of most members, which lie nearest to it in sum. */
export class CodeCentroids implements Centroids {
  readonly #codes: CodeMemory;

  constructor(bytesPerCode: number) {
    this.#codes = defaultKernel().createCodeMemory(bytesPerCode);
  }

  get count(): number {
    return this.#codes.rows;
  }

  createEmpty(): CodeCentroids {
    return new CodeCentroids(this.#codes.bytesPerCode);
  }

  place(list: number, { codes }: ClusteredItems, members: ArrayLike<number>): void {
    if (list >= this.#codes.rows) this.#codes.resize(list + 1);
    this.#codes.bytes().set(majority(codes, members), list * codes.bytesPerCode);
  }

  assign({ codes }: ClusteredItems): Uint32Array {
    const { bytesPerCode: bytes, data } = codes;
    const nearest = new Uint32Array(codes.rows);
    for (let i = 0; i < codes.rows; i++) {
      [nearest[i]] = this.#codes.nearest(data.subarray(i * bytes, (i + 1) * bytes), 1).rows;
    }
    return nearest;
  }

  nearest({ code }: ClusteredQuery, count: number): Uint32Array {
    return this.#codes.nearest(code, count).rows;
  }
}

function majority(codes: Codes, members: ArrayLike<number>): Uint8Array {
  const { bytesPerCode: bytes, data } = codes;
  const counts = new Uint32Array(bytes * 8);
  for (let i = 0; i < members.length; i++) {
    for (let byte = 0, p = members[i] * bytes; byte < bytes; byte++, p++) {
      const value = data[p];
      for (let bit = 0; bit < 8; bit++) counts[byte * 8 + bit] += (value >> bit) & 1;
    }
  }
  const code = new Uint8Array(bytes);
  for (const [bit, count] of counts.entries()) {
    if (2 * count > members.length) code[bit >> 3] |= 1 << (bit & 7);
  }
  return code;
}
