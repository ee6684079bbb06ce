import type { Matrix } from '../vectors/matrix.ts';
import { zeros } from '../vectors/matrix.ts';
import type { CodeMemory, Kernel, NearestCodes, ScanLimits } from './kernel.ts';
import { wasmBinary } from './wasm-binary.generated.ts';

interface KernelExports {
  readonly memory: WebAssembly.Memory;
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
  return {
    name: 'wasm',
    createCodeMemory: (bytesPerCode) => new WasmCodeMemory(instantiate(module), bytesPerCode),
    multiplyTransposed: (a, b, bias) => multiplier.multiplyTransposed(a, b, bias),
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

    const queryAt = align(base + this.#capacity * bytesPerCode);
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
