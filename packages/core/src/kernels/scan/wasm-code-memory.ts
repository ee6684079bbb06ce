import { noRows } from '../near-rows.ts';
import { align, base, MemoryViews } from '../wasm-memory.ts';
import type { BitPlanes, CodeMemory, NearestCodes, RowSums, ScanLimits } from './code-memory.ts';
import { nearestAt } from './nearest-at.ts';
import type { ScanExports } from './scan-exports.generated.ts';

/** Queries that share a tile: more need more memory, and gain nothing. */
const mostQueries = 8;
/** Of the classes that sums fall in. */
const histogramBytes = 4096 * 4;

/** Of the distances of 1,024 rows, which a scan writes down before it looks at them, and what it reads behind them. */
const distancesBytes = 2 * 1024 + 16;

/** How several threads share a memory. */
export interface SharedLayout {
  /** There is room for as many codes from the beginning, and what lies behind it stays where it is. */
  readonly mostRows: number;
  /** Which of the areas behind the codes is this thread's. */
  readonly party: number;
}

/** What calls need besides the codes, at most, but for the queries of a tile. */
export function scratchBytesOfCodes(bytesPerCode: number, mostRows: number): number {
  return align(32 * mostRows + 2048 * bytesPerCode + 65536);
}

/** Codes from `base` on; what a scan needs besides them lies behind their capacity. */
export class WasmCodeMemory implements CodeMemory {
  readonly bytesPerCode: number;
  rows = 0;
  readonly #kernel: ScanExports;
  readonly #views: MemoryViews;
  #capacity = 0;
  /** From the end of the capacity to this thread's area, and how large that is. */
  readonly #scratchOffset: number = 0;
  readonly #scratchBytes: number = Infinity;

  /** @param shared default: memory of this thread alone */
  constructor(kernel: ScanExports, bytesPerCode: number, shared?: SharedLayout) {
    this.#kernel = kernel;
    this.#views = new MemoryViews(kernel.memory);
    this.bytesPerCode = bytesPerCode;
    if (shared) {
      this.#capacity = shared.mostRows;
      this.#scratchBytes = scratchBytesOfCodes(bytesPerCode, shared.mostRows);
      this.#scratchOffset = shared.party * this.#scratchBytes;
    }
    this.#views.ensure(base + this.#capacity * bytesPerCode);
  }

  resize(rows: number): void {
    const { bytesPerCode } = this;
    if (rows > this.#capacity) {
      // The end of the capacity held scratch data, which must not show up as codes.
      const end = base + this.rows * bytesPerCode;
      this.#capacity = Math.max(rows, Math.ceil(this.#capacity * 1.5));
      this.#views.ensure(base + this.#capacity * bytesPerCode);
      this.#views.bytes.fill(0, end, base + this.#capacity * bytesPerCode);
    } else if (rows < this.rows) {
      this.bytes().fill(0, rows * bytesPerCode);
    }
    this.rows = rows;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#kernel.memory.buffer, base, this.rows * this.bytesPerCode);
  }

  nearest(
    query: Uint8Array,
    k: number,
    allowed?: Uint8Array,
    { ranges = Uint32Array.of(0, this.rows), below = 0xffffffff }: ScanLimits = {},
  ): NearestCodes {
    const { bytesPerCode, rows } = this;
    const wanted = Math.min(k, rows);
    if (wanted === 0) return noRows;

    const queryAt = this.#scratchAt;
    const rangesAt = align(queryAt + bytesPerCode);
    const histogramAt = align(rangesAt + ranges.byteLength);
    const candidatesAt = align(histogramAt + (bytesPerCode * 8 + 2) * 4);
    const distancesAt = align(candidatesAt + (2 * wanted + 64) * 8);
    const outputAt = distancesAt + distancesBytes;
    const allowedAt = align(outputAt + wanted * 8);
    this.#writeScan(query, queryAt, ranges, rangesAt, allowed, allowedAt);
    const found = this.#kernel.scan({
      codes: base,
      ranges: rangesAt,
      rangeCount: ranges.length / 2,
      words: bytesPerCode / 8,
      query: queryAt,
      k: wanted,
      limit: below,
      allowed: allowed ? allowedAt : 0,
      histogramAt,
      candidatesAt,
      distancesAt,
      output: outputAt,
    });

    return copyOf(nearestAt(this.#views, outputAt, found));
  }

  nearestOfEach(
    queries: Uint8Array,
    k: number,
    allowed?: Uint8Array,
    limits: ScanLimits = {},
  ): NearestCodes[] {
    const nearest: NearestCodes[] = [];
    const tile = this.#tileQueries(Math.min(k, this.rows)) * this.bytesPerCode;
    for (let start = 0; start < queries.length; start += tile) {
      nearest.push(
        ...this.#nearestOfTile(queries.subarray(start, start + tile), k, allowed, limits),
      );
    }
    return nearest;
  }

  /** How many queries have room at once. */
  #tileQueries(wanted: number): number {
    const perQuery = 24 * wanted + 33 * this.bytesPerCode + 1024;
    const room = this.#scratchBytes - this.#capacity / 8 - 8192;
    return Math.max(1, Math.min(mostQueries, Math.floor(room / perQuery)));
  }

  #nearestOfTile(
    queries: Uint8Array,
    k: number,
    allowed: Uint8Array | undefined,
    { ranges = Uint32Array.of(0, this.rows), below = 0xffffffff }: ScanLimits,
  ): NearestCodes[] {
    const { bytesPerCode, rows } = this;
    const count = queries.length / bytesPerCode;
    const wanted = Math.min(k, rows);
    if (wanted === 0) return Array.from({ length: count }, () => noRows);
    const histogramStride = align((bytesPerCode * 8 + 2) * 4);
    const candidatesStride = align((2 * wanted + 64) * 8);
    const outputStride = align(wanted * 8);
    const queriesAt = this.#scratchAt;
    const rangesAt = align(queriesAt + queries.length);
    const statesAt = align(rangesAt + ranges.byteLength);
    const histogramsAt = align(statesAt + count * 16);
    const candidatesAt = histogramsAt + count * histogramStride;
    const outputsAt = candidatesAt + count * candidatesStride;
    const distancesAt = outputsAt + count * outputStride;
    const allowedAt = distancesAt + distancesBytes;
    this.#writeScan(queries, queriesAt, ranges, rangesAt, allowed, allowedAt);
    this.#kernel.scanTile({
      codes: base,
      ranges: rangesAt,
      rangeCount: ranges.length / 2,
      words: bytesPerCode / 8,
      queries: queriesAt,
      queryCount: count,
      k: wanted,
      limit: below,
      allowed: allowed ? allowedAt : 0,
      histograms: histogramsAt,
      histogramStride,
      candidatesAt,
      candidatesStride,
      outputs: outputsAt,
      outputStride,
      states: statesAt,
      distancesAt,
    });
    const { words } = this.#views;
    return Array.from({ length: count }, (_, t) => {
      const found = words[statesAt / 4 + 4 * t];
      return copyOf(nearestAt(this.#views, outputsAt + t * outputStride, found));
    });
  }

  /** Puts what a scan reads in place. */
  #writeScan(
    queries: Uint8Array,
    queriesAt: number,
    ranges: Uint32Array,
    rangesAt: number,
    allowed: Uint8Array | undefined,
    allowedAt: number,
  ): void {
    const allowedBytes = allowed ? Math.ceil(this.rows / 64) * 8 : 0;
    this.#views.ensure(allowedAt + allowedBytes);
    const { bytes, words } = this.#views;
    bytes.set(queries, queriesAt);
    words.set(ranges, rangesAt / 4);
    if (!allowed) return;
    const given = allowed.subarray(0, Math.ceil(this.rows / 8));
    bytes.set(given, allowedAt);
    bytes.fill(0, allowedAt + given.length, allowedAt + allowedBytes);
  }

  sums(values: Float32Array, rows: Uint32Array): Float32Array {
    const { bytesPerCode } = this;
    const valuesAt = this.#scratchAt;
    const tablesAt = align(valuesAt + bytesPerCode * 8 * 4);
    this.#views.ensure(tablesAt);
    const { floats } = this.#views;
    floats.set(values, valuesAt / 4);
    floats.fill(0, valuesAt / 4 + values.length, valuesAt / 4 + bytesPerCode * 8);
    return this.#sumByTables(rows, tablesAt, () =>
      this.#kernel.fillTables({ values: valuesAt, bytes: bytesPerCode, tables: tablesAt }),
    );
  }

  tableSums(tables: Float32Array, rows: Uint32Array): Float32Array {
    const tablesAt = this.#scratchAt;
    return this.#sumByTables(rows, tablesAt, () => {
      const { floats } = this.#views;
      floats.set(tables, tablesAt / 4);
      floats.fill(0, tablesAt / 4 + tables.length, tablesAt / 4 + this.bytesPerCode * 256);
    });
  }

  /** @param fill writes the tables, once there is room for everything */
  #sumByTables(rows: Uint32Array, tablesAt: number, fill: () => void): Float32Array {
    const { bytesPerCode } = this;
    const rowsAt = align(tablesAt + bytesPerCode * 256 * 4);
    const outputAt = align(rowsAt + rows.byteLength);
    this.#views.ensure(outputAt + rows.byteLength);
    this.#views.words.set(rows, rowsAt / 4);
    fill();
    this.#kernel.sumByTables({
      codes: base,
      words: bytesPerCode / 8,
      rows: rowsAt,
      count: rows.length,
      tables: tablesAt,
      output: outputAt,
    });
    return new Float32Array(this.#views.floats.buffer, outputAt, rows.length).slice();
  }

  planeSums(
    { digits, words: planes }: BitPlanes,
    rows: Uint32Array,
    wanted: number = Infinity,
  ): RowSums {
    const planesAt = this.#scratchAt;
    const histogramAt = align(planesAt + planes.length);
    const rowsAt = align(histogramAt + histogramBytes);
    const outputAt = align(rowsAt + rows.byteLength);
    this.#views.ensure(outputAt + rows.byteLength);
    const { bytes, words } = this.#views;
    bytes.set(planes, planesAt);
    words.set(rows, rowsAt / 4);
    const { buffer } = words;
    const { length } = rows;
    this.#kernel.sumByPlanes({
      codes: base,
      words: this.bytesPerCode / 8,
      rows: rowsAt,
      count: length,
      planes: planesAt,
      digits,
      output: outputAt,
    });
    if (wanted >= length) return { rows, sums: new Int32Array(buffer, outputAt, length) };
    const kept = this.#kernel.largestSums({
      sums: outputAt,
      rows: rowsAt,
      count: length,
      wanted,
      histogram: histogramAt,
    });
    return {
      rows: new Uint32Array(buffer, rowsAt, kept),
      sums: new Int32Array(buffer, outputAt, kept),
    };
  }

  /** Where what a call needs besides the codes may lie. */
  get #scratchAt(): number {
    return align(base + this.#capacity * this.bytesPerCode) + this.#scratchOffset;
  }
}

/** What is found is scored by the same memory later on, which needs its place for that. */
function copyOf({ rows, distances }: NearestCodes): NearestCodes {
  return { rows: rows.slice(), distances: distances.slice() };
}
