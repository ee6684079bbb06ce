import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type {
  BitPlanes,
  CodeMemory,
  Kernel,
  Multiplier,
  NearestCodes,
  ScanLimits,
  VectorMemory,
} from './kernel.ts';
import { wasmBinary } from './wasm-binary.generated.ts';
import type { ProductExports } from './wasm-product.ts';
import { wasmProduct } from './wasm-product.ts';

interface KernelExports extends ProductExports {
  scan(
    codes: number,
    ranges: number,
    rangeCount: number,
    words: number,
    query: number,
    k: number,
    limit: number,
    allowed: number,
    histogram: number,
    candidates: number,
    output: number,
  ): number;
  multiplyTransposed(
    a: number,
    rowsA: number,
    b: number,
    rowsB: number,
    inner: number,
    bias: number,
    output: number,
  ): void;
  fillTables(values: number, bytes: number, tables: number): void;
  sumByTables(
    codes: number,
    words: number,
    rows: number,
    count: number,
    tables: number,
    output: number,
  ): void;
  sumByPlanes(
    codes: number,
    words: number,
    rows: number,
    count: number,
    planes: number,
    digits: number,
    output: number,
  ): void;
  dotProducts(
    vectors: number,
    inner: number,
    query: number,
    rows: number,
    count: number,
    output: number,
  ): void;
}

/**
 * Compiles the embedded kernels.
 *
 * @returns undefined where WebAssembly (with SIMD) is missing or forbidden
 */
export function createWasmKernel(): Kernel | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(
      Uint8Array.from(atob(wasmBinary), (character) => character.charCodeAt(0)),
    );
  } catch {
    // An engine without SIMD, or a page whose content security policy forbids compiling.
    return undefined;
  }
  const multiplier = new WasmMultiplier(instantiate(module));
  const products = instantiate(module);
  return {
    name: 'wasm',
    createCodeMemory: (bytesPerCode) => new WasmCodeMemory(instantiate(module), bytesPerCode),
    multiplyTransposed: (a, b, bias) => multiplier.multiplyTransposed(a, b, bias),
    multiply: (a, b) => wasmProduct(products, a, b, false),
    multiplyTransposeOf: (a, b) => wasmProduct(products, a, b, true),
    createMultiplier: (b, bias) => createMultiplier(instantiate(module), b, bias),
    createVectorMemory: (rows, columns) => new WasmVectorMemory(instantiate(module), rows, columns),
  };
}

function instantiate(module: WebAssembly.Module): KernelExports {
  return new WebAssembly.Instance(module).exports as unknown as KernelExports;
}

const pageBytes = 65536;
/** Where the caller's data begins: past what the compiler may use, on a cache line. */
const base = 1024;

function align(address: number): number {
  return Math.ceil(address / 64) * 64;
}

/** Growing detaches every view of the memory: take views afterwards. */
function ensureBytes(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
}

/** Codes from `base` on; what a scan needs besides them lies behind their capacity. */
class WasmCodeMemory implements CodeMemory {
  readonly bytesPerCode: number;
  rows = 0;
  readonly #kernel: KernelExports;
  #capacity = 0;

  constructor(kernel: KernelExports, bytesPerCode: number) {
    this.#kernel = kernel;
    this.bytesPerCode = bytesPerCode;
    ensureBytes(kernel.memory, base);
  }

  resize(rows: number): void {
    const { bytesPerCode } = this;
    if (rows > this.#capacity) {
      // The end of the capacity held scratch data, which must not show up as codes.
      const end = base + this.rows * bytesPerCode;
      this.#capacity = Math.max(rows, Math.ceil(this.#capacity * 1.5));
      ensureBytes(this.#kernel.memory, base + this.#capacity * bytesPerCode);
      new Uint8Array(this.#kernel.memory.buffer).fill(0, end, base + this.#capacity * bytesPerCode);
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
    if (wanted === 0) return { rows: new Uint32Array(0), distances: new Uint32Array(0) };

    const queryAt = this.#scratchAt;
    const rangesAt = align(queryAt + bytesPerCode);
    const histogramAt = align(rangesAt + ranges.byteLength);
    const candidatesAt = align(histogramAt + (bytesPerCode * 8 + 2) * 4);
    const outputAt = align(candidatesAt + (2 * wanted + 64) * 8);
    const allowedAt = align(outputAt + wanted * 8);
    const allowedBytes = allowed ? Math.ceil(rows / 64) * 8 : 0;
    const { memory } = this.#kernel;
    ensureBytes(memory, allowedAt + allowedBytes);
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(query, queryAt);
    new Uint32Array(memory.buffer, rangesAt, ranges.length).set(ranges);
    if (allowed) {
      bytes.fill(0, allowedAt, allowedAt + allowedBytes);
      bytes.set(allowed.subarray(0, Math.ceil(rows / 8)), allowedAt);
    }
    const found = this.#kernel.scan(
      base,
      rangesAt,
      ranges.length / 2,
      bytesPerCode / 8,
      queryAt,
      wanted,
      below,
      allowed ? allowedAt : 0,
      histogramAt,
      candidatesAt,
      outputAt,
    );

    const pairs = new Uint32Array(memory.buffer, outputAt, found * 2);
    const nearest = { rows: new Uint32Array(found), distances: new Uint32Array(found) };
    for (let i = 0; i < found; i++) {
      nearest.distances[i] = pairs[2 * i];
      nearest.rows[i] = pairs[2 * i + 1];
    }
    return nearest;
  }

  sums(values: Float32Array, rows: Uint32Array): Float32Array {
    const { bytesPerCode } = this;
    const valuesAt = this.#scratchAt;
    const tablesAt = align(valuesAt + bytesPerCode * 8 * 4);
    const rowsAt = align(tablesAt + bytesPerCode * 256 * 4);
    const outputAt = align(rowsAt + rows.byteLength);
    const { memory } = this.#kernel;
    ensureBytes(memory, outputAt + rows.byteLength);
    const padded = new Float32Array(memory.buffer, valuesAt, bytesPerCode * 8);
    padded.fill(0, values.length);
    padded.set(values);
    new Uint32Array(memory.buffer, rowsAt, rows.length).set(rows);
    this.#kernel.fillTables(valuesAt, bytesPerCode, tablesAt);
    const words = bytesPerCode / 8;
    this.#kernel.sumByTables(base, words, rowsAt, rows.length, tablesAt, outputAt);
    return new Float32Array(memory.buffer, outputAt, rows.length).slice();
  }

  planeSums({ digits, words: planes }: BitPlanes, rows: Uint32Array): Int32Array {
    const planesAt = this.#scratchAt;
    const rowsAt = align(planesAt + planes.length);
    const outputAt = align(rowsAt + rows.byteLength);
    const { memory } = this.#kernel;
    ensureBytes(memory, outputAt + rows.byteLength);
    new Uint8Array(memory.buffer, planesAt, planes.length).set(planes);
    new Uint32Array(memory.buffer, rowsAt, rows.length).set(rows);
    const words = this.bytesPerCode / 8;
    this.#kernel.sumByPlanes(base, words, rowsAt, rows.length, planesAt, digits, outputAt);
    return new Int32Array(memory.buffer, outputAt, rows.length).slice();
  }

  /** Where what a call needs besides the codes may lie. */
  get #scratchAt(): number {
    return align(base + this.#capacity * this.bytesPerCode);
  }
}

/** Rows are padded to whole lanes unless they are whole already. */
class WasmVectorMemory implements VectorMemory {
  readonly data: Float32Array;
  readonly #kernel: KernelExports;
  readonly #columns: number;
  readonly #queryAt: number;
  readonly #batch: number;

  constructor(kernel: KernelExports, rows: number, columns: number) {
    this.#kernel = kernel;
    this.#columns = columns;
    this.#batch = Math.min(rows, 4096);
    this.#queryAt = align(base + rows * columns * 4);
    // All of it at once: growing would detach `data`.
    ensureBytes(kernel.memory, align(this.#queryAt + columns * 4) + this.#batch * 8);
    this.data = new Float32Array(kernel.memory.buffer, base, rows * columns);
  }

  dotProducts(query: Float32Array, rows: Uint32Array): Float32Array {
    const { buffer } = this.#kernel.memory;
    const rowsAt = align(this.#queryAt + this.#columns * 4);
    const outputAt = rowsAt + this.#batch * 4;
    new Float32Array(buffer, this.#queryAt, this.#columns).set(query);
    const products = new Float32Array(rows.length);
    for (let start = 0; start < rows.length; start += this.#batch) {
      const part = rows.subarray(start, start + this.#batch);
      new Uint32Array(buffer, rowsAt, part.length).set(part);
      this.#kernel.dotProducts(base, this.#columns, this.#queryAt, rowsAt, part.length, outputAt);
      products.set(new Float32Array(buffer, outputAt, part.length), start);
    }
    return products;
  }
}

/** Vectors that are multiplied at a time, to bound the memory. */
const multipliedRows = 256;

function createMultiplier(kernel: KernelExports, b: Matrix, bias?: Float32Array): Multiplier {
  const inner = Math.ceil(b.columns / 4) * 4;
  const biasAt = align(base + b.rows * inner * 4);
  const aAt = align(biasAt + b.rows * 4);
  const productAt = align(aAt + multipliedRows * inner * 4);
  ensureBytes(kernel.memory, productAt + multipliedRows * b.rows * 4);
  const floats = new Float32Array(kernel.memory.buffer);
  copyPadded(b, 0, b.rows, inner, floats, base / 4);
  if (bias) floats.set(bias, biasAt / 4);
  return (a) => {
    const product = zeros(a.rows, b.rows);
    for (let start = 0; start < a.rows; start += multipliedRows) {
      const rows = Math.min(multipliedRows, a.rows - start);
      copyPadded(a, start, rows, inner, floats, aAt / 4);
      kernel.multiplyTransposed(aAt, rows, base, b.rows, inner, biasAt, productAt);
      const from = productAt / 4;
      product.data.set(floats.subarray(from, from + rows * b.rows), start * b.rows);
    }
    return product;
  };
}

/** Multiplies in tiles of rows, so that the memory stays small however large the matrices are. */
class WasmMultiplier {
  readonly #kernel: KernelExports;

  constructor(kernel: KernelExports) {
    this.#kernel = kernel;
  }

  multiplyTransposed(a: Matrix, b: Matrix, bias?: Float32Array): Matrix {
    const product = zeros(a.rows, b.rows);
    const inner = Math.ceil(a.columns / 4) * 4;
    // Tiles of b stay in the cache while rows of a stream past.
    const tileB = Math.max(4, Math.floor(262144 / (inner * 4 * 4)) * 4);
    const tileA = Math.max(2, Math.floor(1048576 / (inner * 4)));
    for (let j = 0; j < b.rows; j += tileB) {
      for (let i = 0; i < a.rows; i += tileA) {
        this.#multiplyTile(a, i, Math.min(tileA, a.rows - i), b, j, Math.min(tileB, b.rows - j), {
          inner,
          bias,
          product,
        });
      }
    }
    return product;
  }

  #multiplyTile(
    a: Matrix,
    startA: number,
    rowsA: number,
    b: Matrix,
    startB: number,
    rowsB: number,
    { inner, bias, product }: { inner: number; bias: Float32Array | undefined; product: Matrix },
  ): void {
    const aAt = base;
    const bAt = align(aAt + rowsA * inner * 4);
    const biasAt = align(bAt + rowsB * inner * 4);
    const productAt = align(biasAt + rowsB * 4);
    const { memory } = this.#kernel;
    ensureBytes(memory, productAt + rowsA * rowsB * 4);
    const floats = new Float32Array(memory.buffer);
    copyPadded(a, startA, rowsA, inner, floats, aAt / 4);
    copyPadded(b, startB, rowsB, inner, floats, bAt / 4);
    const biasTile = floats.subarray(biasAt / 4, biasAt / 4 + rowsB).fill(0);
    if (bias) biasTile.set(bias.subarray(startB, startB + rowsB));
    this.#kernel.multiplyTransposed(aAt, rowsA, bAt, rowsB, inner, biasAt, productAt);
    for (let i = 0; i < rowsA; i++) {
      const from = productAt / 4 + i * rowsB;
      product.data.set(
        floats.subarray(from, from + rowsB),
        (startA + i) * product.columns + startB,
      );
    }
  }
}

function copyPadded(
  { columns, data }: Matrix,
  start: number,
  rows: number,
  inner: number,
  floats: Float32Array,
  to: number,
): void {
  if (inner === columns) {
    floats.set(data.subarray(start * columns, (start + rows) * columns), to);
    return;
  }
  for (let i = 0; i < rows; i++) {
    const padded = floats.subarray(to + i * inner, to + (i + 1) * inner).fill(0);
    padded.set(data.subarray((start + i) * columns, (start + i + 1) * columns));
  }
}
