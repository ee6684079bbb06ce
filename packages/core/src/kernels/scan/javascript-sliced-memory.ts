import type { NearRows } from '../near-rows.ts';
import { NearestRows } from './nearest-rows.ts';
import type { SlicedMemory, SlicedScanOptions } from './sliced-memory.ts';

/** The twin of sliced codes: it keeps them row by row, as nothing here looks at many rows at once. */
export class JavascriptSlicedMemory implements SlicedMemory {
  readonly bits: number;
  rows = 0;
  #bytes = new Uint8Array(0);

  constructor(bits: number) {
    this.bits = bits;
  }

  resize(rows: number): void {
    const bytes = (rows * this.bits) / 8;
    if (bytes > this.#bytes.length) {
      const grown = new Uint8Array(bytes);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.rows = rows;
  }

  write(start: number, codes: Uint8Array, bytesPerCode: number): void {
    const kept = this.bits / 8;
    for (let from = 0, row = start; from < codes.length; from += bytesPerCode, row++) {
      this.#bytes.set(codes.subarray(from, from + kept), row * kept);
    }
  }

  nearest(
    weights: Int8Array,
    k: number,
    { ranges = Uint32Array.of(0, this.rows), allowed, below = Infinity }: SlicedScanOptions = {},
  ): NearRows {
    const kept = this.bits / 8;
    const tables = distanceTables(weights, kept);
    const total = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
    const nearest = new NearestRows(Math.min(k, this.rows), total, below);
    // In the order of the scan, which is what the rows that are found are in.
    const scanned = rowsOf(ranges).filter(
      (row) => !allowed || ((allowed[row >> 3] >> (row & 7)) & 1) === 1,
    );
    for (const [position, row] of scanned.entries()) {
      let distance = 0;
      for (let byte = 0, p = row * kept; byte < kept; byte++, p++) {
        distance += tables[byte * 256 + this.#bytes[p]];
      }
      nearest.offer(position, distance);
    }
    const { rows: near, distances } = nearest.nearest();
    const order = near.map((_, i) => i).sort((a, b) => near[a] - near[b]);
    return { rows: order.map((i) => scanned[near[i]]), distances: order.map((i) => distances[i]) };
  }
}

function rowsOf(ranges: Uint32Array): Uint32Array {
  const rows: number[] = [];
  for (let r = 0; r < ranges.length; r += 2) {
    for (let row = ranges[r]; row < ranges[r + 1]; row++) rows.push(row);
  }
  return Uint32Array.from(rows);
}

/** For every byte of a code, what its bits add to a distance, for each of 256 contents. */
function distanceTables(weights: Int8Array, bytes: number): Uint16Array {
  const tables = new Uint16Array(bytes * 256);
  for (let byte = 0; byte < bytes; byte++) {
    for (let content = 0; content < 256; content++) {
      for (let bit = 0; bit < 8; bit++) {
        const weight = weights[byte * 8 + bit];
        const isOne = ((content >> bit) & 1) === 1;
        if (isOne !== weight > 0) tables[byte * 256 + content] += Math.abs(weight);
      }
    }
  }
  return tables;
}
