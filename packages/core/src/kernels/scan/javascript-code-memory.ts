import { popcount } from '../popcount.ts';
import type { BitPlanes, CodeMemory, NearestCodes, RowSums, ScanLimits } from './code-memory.ts';
import { NearestRows } from './nearest-rows.ts';

export class JavascriptCodeMemory implements CodeMemory {
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
    const nearest = new NearestRows(wanted, bits, limit);
    for (let r = 0; r < ranges.length; r += 2) {
      for (let i = ranges[r]; i < ranges[r + 1]; i++) {
        if (allowed && ((allowed[i >> 3] >> (i & 7)) & 1) === 0) continue;
        let distance = 0;
        for (let w = 0, p = i * wordsPerCode; w < wordsPerCode; w++, p++) {
          distance += popcount(words[p] ^ queryWords[w]);
        }
        nearest.offer(i, distance);
      }
    }
    return nearest.nearest();
  }

  nearestOfEach(
    queries: Uint8Array,
    k: number,
    allowed?: Uint8Array,
    limits?: ScanLimits,
  ): NearestCodes[] {
    const { bytesPerCode: bytes } = this;
    return Array.from({ length: queries.length / bytes }, (_, i) =>
      this.nearest(queries.subarray(i * bytes, (i + 1) * bytes), k, allowed, limits),
    );
  }

  sums(values: Float32Array, rows: Uint32Array): Float32Array {
    return this.tableSums(tablesOf(values, this.bytesPerCode), rows);
  }

  tableSums(tables: Float32Array, rows: Uint32Array): Float32Array {
    const { bytesPerCode } = this;
    const bytes = this.bytes();
    const lanes = new Float32Array(4);
    return Float32Array.from(rows, (row) => {
      lanes.fill(0);
      for (let byte = 0, p = row * bytesPerCode; byte < bytesPerCode; byte++, p++) {
        lanes[byte & 3] += tables[byte * 256 + bytes[p]] ?? 0;
      }
      return addLanes(lanes);
    });
  }

  planeSums(
    { digits, words: planes }: BitPlanes,
    rows: Uint32Array,
    wanted: number = Infinity,
  ): RowSums {
    const wordsPerCode = this.bytesPerCode / 4;
    const planeWords = new Uint32Array(new Uint8Array(planes).buffer);
    const sums = Int32Array.from(rows, (row) => {
      let sum = 0;
      for (let w = 0; w < wordsPerCode; w++) {
        const word = this.#words[row * wordsPerCode + w];
        for (let digit = 0; digit < digits; digit++) {
          const plane = planeWords[((w >> 1) * digits + digit) * 2 + (w & 1)];
          const weight = digit === digits - 1 ? -(1 << digit) : 1 << digit;
          sum += weight * popcount(word & plane);
        }
      }
      return sum;
    });
    return wanted >= rows.length ? { rows, sums } : largestSums(rows, sums, wanted);
  }
}

/** Sums that are told apart when the largest are looked for. */
const sumClasses = 4096;

function largestSums(rows: Uint32Array, sums: Int32Array, wanted: number): RowSums {
  const sorted = sums.slice().sort();
  const least = sorted[0];
  let shift = 0;
  while ((sorted[sorted.length - 1] - least) >>> shift >= sumClasses) shift++;
  // With nothing wanted, the largest are the last of none.
  const lowest = (sorted[Math.min(sorted.length - 1, sorted.length - wanted)] - least) >>> shift;
  const isKept = (_: number, i: number) => (sums[i] - least) >>> shift >= lowest;
  return { rows: rows.filter(isKept), sums: sums.filter(isKept) };
}

/** For every byte of a code, the sum of the values for each of 256 contents. */
function tablesOf(values: Float32Array, bytes: number): Float32Array {
  const tables = new Float32Array(bytes * 256);
  for (let byte = 0; byte < bytes; byte++) {
    const table = tables.subarray(byte * 256, byte * 256 + 256);
    for (let bit = 0; bit < 8; bit++) table[0] -= values[byte * 8 + bit] ?? 0;
    for (let bit = 0; bit < 8; bit++) {
      const twice = 2 * (values[byte * 8 + bit] ?? 0);
      for (let rest = 0; rest < 1 << bit; rest++) table[(1 << bit) + rest] = table[rest] + twice;
    }
  }
  return tables;
}

function addLanes(lanes: Float32Array): number {
  const f32 = Math.fround;
  return f32(f32(lanes[0] + lanes[1]) + f32(lanes[2] + lanes[3]));
}
