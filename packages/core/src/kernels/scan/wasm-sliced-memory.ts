import type { NearRows } from '../near-rows.ts';
import { noRows } from '../near-rows.ts';
import { align, base, MemoryViews } from '../wasm-memory.ts';
import { nearestAt } from './nearest-at.ts';
import type { ScanExports } from './scan-exports.generated.ts';
import type { SlicedMemory, SlicedScanOptions } from './sliced-memory.ts';
import { slicedBlockRows as blockRows } from './sliced-memory.ts';

/** Of one bit of a block. */
const wordBytes = 16;
/** Of the digits of a block's distances. */
const digitsBytes = 11 * wordBytes;
/** Blocks whose rows are collected together. */
const gatheredBlocks = 16;
/** Of 64 rows, those that are near. */
const noteBytes = 16;
/** Words that are added up at a time. */
const wordsAtATime = 8;
/** Codes that are written at a time, at most. */
const writtenRows = 4096;

/**
 * Blocks of 128 rows from `base` on: sixteen bytes for each bit and, to fill up groups of words with, sixteen
 * zeros. What a scan needs besides them lies behind their capacity.
 */
export class WasmSlicedMemory implements SlicedMemory {
  readonly bits: number;
  rows = 0;
  readonly #kernel: ScanExports;
  readonly #views: MemoryViews;
  readonly #blockBytes: number;
  #capacity = 0;

  constructor(kernel: ScanExports, bits: number) {
    this.#kernel = kernel;
    this.#views = new MemoryViews(kernel.memory);
    this.bits = bits;
    this.#blockBytes = (bits + 1) * wordBytes;
  }

  resize(rows: number): void {
    if (rows > this.#capacity) {
      const end = this.#scratchAt;
      const blocks = Math.ceil(rows / blockRows);
      this.#capacity = blocks * blockRows;
      this.#views.ensure(this.#scratchAt);
      // What lay behind must not show up as zeros that are none.
      this.#views.bytes.fill(0, end, this.#scratchAt);
    }
    this.rows = rows;
  }

  write(start: number, codes: Uint8Array, bytesPerCode: number): void {
    const at = this.#scratchAt;
    const part = writtenRows * bytesPerCode;
    this.#views.ensure(at + Math.min(part, codes.length));
    const { bytes } = this.#views;
    for (let from = 0, row = start; from < codes.length; from += part, row += writtenRows) {
      const given = codes.subarray(from, from + part);
      bytes.set(given, at);
      const count = given.length / bytesPerCode;
      this.#kernel.slice({
        codes: at,
        codeBytes: bytesPerCode,
        count,
        blocks: base,
        blockBytes: this.#blockBytes,
        bits: this.bits,
        start: row,
      });
    }
  }

  nearest(
    weights: Int8Array,
    k: number,
    { ranges = Uint32Array.of(0, this.rows), allowed, below = 0xffffffff }: SlicedScanOptions = {},
  ): NearRows {
    const wanted = Math.min(k, this.rows);
    if (wanted === 0) return noRows;
    const { total, subtracted, levels, words } = weightSums(weights);
    const weightsAt = this.#scratchAt;
    const rangesAt = align(weightsAt + weights.length);
    const groupsAt = align(rangesAt + ranges.byteLength);
    const termsAt = align(groupsAt + levels * 8);
    const handedAt = align(termsAt + words * 4);
    const gatheredAt = align(handedAt + (words / wordsAtATime + 1) * wordBytes);
    const notes = 2 * gatheredBlocks + 1;
    const histogramAt = align(gatheredAt + gatheredBlocks * digitsBytes + notes * noteBytes);
    const candidatesAt = align(histogramAt + (total + 2) * 4);
    const outputAt = align(candidatesAt + (2 * wanted + 64 + gatheredBlocks * blockRows) * 8);
    const allowedAt = align(outputAt + wanted * 8);
    const allowedBytes = allowed ? Math.ceil(this.rows / blockRows) * wordBytes : 0;
    this.#views.ensure(allowedAt + allowedBytes);
    const { bytes, words: memory } = this.#views;
    memory.set(ranges, rangesAt / 4);
    for (let bit = 0; bit < weights.length; bit++) bytes[weightsAt + bit] = weights[bit];
    if (allowed) {
      const given = allowed.subarray(0, Math.ceil(this.rows / 8));
      bytes.set(given, allowedAt);
      bytes.fill(0, allowedAt + given.length, allowedAt + allowedBytes);
    }
    const found = this.#kernel.scanSliced({
      blocks: base,
      blockBytes: this.#blockBytes,
      ranges: rangesAt,
      rangeCount: ranges.length / 2,
      weights: weightsAt,
      bits: this.bits,
      levelCount: levels,
      groupsAt,
      termsAt,
      total,
      subtracted,
      k: wanted,
      limit: below,
      allowed: allowed ? allowedAt : 0,
      handedAt,
      gathered: gatheredAt,
      histogramAt,
      candidates: candidatesAt,
      output: outputAt,
    });
    return nearestAt(this.#views, outputAt, found);
  }

  /** Where what a call needs besides the codes may lie. */
  get #scratchAt(): number {
    return align(base + (this.#capacity / blockRows) * this.#blockBytes);
  }
}

interface WeightSums {
  /** Without their signs. */
  readonly total: number;
  /** Of those that are positive. */
  readonly subtracted: number;
  /** Binary digits of the largest. */
  readonly levels: number;
  /** Words to add up, at most. */
  readonly words: number;
}

function weightSums(weights: Int8Array): WeightSums {
  let [total, subtracted, largest] = [0, 0, 0];
  for (let bit = 0; bit < weights.length; bit++) {
    const size = Math.abs(weights[bit]);
    total += size;
    if (weights[bit] > 0) subtracted += size;
    if (size > largest) largest = size;
  }
  const levels = 32 - Math.clz32(largest);
  return { total, subtracted, levels, words: levels * (weights.length + 2 * wordsAtATime) };
}
