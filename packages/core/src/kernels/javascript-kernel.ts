import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { CodeMemory, Kernel, NearestCodes, ScanLimits } from './kernel.ts';

/** The twin of the WebAssembly kernel, for places that have none, and to check it against. */
export const javascriptKernel: Kernel = {
  name: 'javascript',
  createCodeMemory: (bytesPerCode) => new JavascriptCodeMemory(bytesPerCode),
  multiplyTransposed,
};

class JavascriptCodeMemory implements CodeMemory {
  readonly bytesPerCode: number;
  rows = 0;
  #words = new Uint32Array(0);

  constructor(bytesPerCode: number) {
    this.bytesPerCode = bytesPerCode;
  }

  resize(rows: number): void {
    const wordsPerCode = this.bytesPerCode / 4;
    if (rows * wordsPerCode > this.#words.length) {
      const grown = new Uint32Array(Math.max(rows, Math.ceil(this.rows * 1.5)) * wordsPerCode);
      grown.set(this.#words.subarray(0, this.rows * wordsPerCode));
      this.#words = grown;
    }
    // Rows that come back after a cut must be zero again.
    if (rows < this.rows) this.#words.fill(0, rows * wordsPerCode, this.rows * wordsPerCode);
    this.rows = rows;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.rows * this.bytesPerCode);
  }

  nearest(
    query: Uint8Array,
    k: number,
    allowed?: Uint8Array,
    { ranges = Uint32Array.of(0, this.rows), below: limit = 0xffffffff }: ScanLimits = {},
  ): NearestCodes {
    const wordsPerCode = this.bytesPerCode / 4;
    const bits = this.bytesPerCode * 8;
    const words = this.#words;
    const queryWords = new Uint32Array(new Uint8Array(query).buffer);
    const wanted = Math.min(k, this.rows);
    if (wanted === 0) return { rows: new Uint32Array(0), distances: new Uint32Array(0) };

    // One list of rows per distance; a distance stops being collected once k smaller ones are known.
    const rowsAt: number[][] = Array.from({ length: bits + 1 }, () => []);
    let bound = Math.min(limit, bits + 1);
    let below = 0;
    for (let r = 0; r < ranges.length; r += 2) {
      for (let i = ranges[r]; i < ranges[r + 1]; i++) {
        if (allowed && ((allowed[i >> 3] >> (i & 7)) & 1) === 0) continue;
        let distance = 0;
        for (let w = 0, p = i * wordsPerCode; w < wordsPerCode; w++, p++) {
          distance += popcount(words[p] ^ queryWords[w]);
        }
        if (distance >= bound) continue;
        rowsAt[distance].push(i);
        below++;
        while (below >= wanted) below -= rowsAt[--bound].length;
      }
    }

    const rows = rowsAt.flat().slice(0, wanted);
    const distances = rowsAt.flatMap((at, distance) => at.map(() => distance)).slice(0, wanted);
    return { rows: Uint32Array.from(rows), distances: Uint32Array.from(distances) };
  }
}

/** Population count of 32 bits: partial sums of 2, 4 and 8 bits, added up by one multiplication. */
function popcount(word: number): number {
  let sums = word - ((word >>> 1) & 0x55555555);
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
  sums = (sums + (sums >>> 4)) & 0x0f0f0f0f;
  return Math.imul(sums, 0x01010101) >>> 24;
}

function multiplyTransposed(a: Matrix, b: Matrix, bias?: Float32Array): Matrix {
  const product = zeros(a.rows, b.rows);
  const inner = a.columns;
  const f32 = Math.fround;
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      let lane0 = 0;
      let lane1 = 0;
      let lane2 = 0;
      let lane3 = 0;
      let p = i * inner;
      let q = j * inner;
      const end = p + (inner & ~3);
      for (; p < end; p += 4, q += 4) {
        lane0 = f32(lane0 + f32(a.data[p] * b.data[q]));
        lane1 = f32(lane1 + f32(a.data[p + 1] * b.data[q + 1]));
        lane2 = f32(lane2 + f32(a.data[p + 2] * b.data[q + 2]));
        lane3 = f32(lane3 + f32(a.data[p + 3] * b.data[q + 3]));
      }
      const rest = inner & 3;
      if (rest > 0) lane0 = f32(lane0 + f32(a.data[p] * b.data[q]));
      if (rest > 1) lane1 = f32(lane1 + f32(a.data[p + 1] * b.data[q + 1]));
      if (rest > 2) lane2 = f32(lane2 + f32(a.data[p + 2] * b.data[q + 2]));
      const sum = f32(f32(lane0 + lane1) + f32(lane2 + lane3));
      product.data[i * b.rows + j] = bias ? f32(sum + bias[j]) : sum;
    }
  }
  return product;
}
