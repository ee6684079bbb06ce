/** What all compiled modules offer. All numbers but counts are addresses in `memory`. */
export interface CountingExports {
  readonly memory: WebAssembly.Memory;
  countInVectors(chosen: boolean): void;
  countInWords(codes: number, count: number): number;
  countInLanes(codes: number, count: number): number;
}

/** What the compiled kernels offer. */
export interface KernelExports extends CountingExports {
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
    distances: number,
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
  rotate(
    vectors: number,
    rows: number,
    columns: number,
    rowBytes: number,
    factors: number,
    size: number,
    rounds: number,
    bias: number,
    wanted: number,
    output: number,
  ): void;
  scanTile(
    codes: number,
    ranges: number,
    rangeCount: number,
    words: number,
    queries: number,
    queryCount: number,
    k: number,
    limit: number,
    allowed: number,
    histograms: number,
    histogramStride: number,
    candidates: number,
    candidatesStride: number,
    outputs: number,
    outputStride: number,
    states: number,
    distances: number,
  ): void;
  multiplyStrided(
    a: number,
    rowBytes: number,
    innerBytes: number,
    rows: number,
    inner: number,
    b: number,
    columns: number,
    output: number,
  ): void;
  scanSliced(
    blocks: number,
    blockBytes: number,
    ranges: number,
    rangeCount: number,
    weights: number,
    bits: number,
    levels: number,
    groups: number,
    terms: number,
    total: number,
    subtracted: number,
    k: number,
    limit: number,
    allowed: number,
    handed: number,
    gathered: number,
    histogram: number,
    candidates: number,
    output: number,
  ): number;
  slice(
    codes: number,
    bytesPerCode: number,
    count: number,
    blocks: number,
    blockBytes: number,
    bits: number,
    start: number,
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
  largestSums(sums: number, rows: number, count: number, wanted: number, histogram: number): number;
  dotProducts(
    vectors: number,
    inner: number,
    query: number,
    rows: number,
    count: number,
    output: number,
  ): void;
  dotProductsOfHalves(
    vectors: number,
    columns: number,
    query: number,
    rows: number,
    count: number,
    output: number,
  ): void;
  dotProductsOfBytes(
    vectors: number,
    columns: number,
    query: number,
    rows: number,
    count: number,
    output: number,
  ): void;
  descend(
    residuals: number,
    signs: number,
    rows: number,
    couplings: number,
    bits: number,
    rounds: number,
  ): void;
  descendBytes(
    residuals: number,
    codes: number,
    weights: number,
    fields: number,
    rows: number,
    books: number,
    squares: number,
    alongs: number,
    bytes: number,
    columns: number,
    rounds: number,
  ): void;
}

export const pageBytes = 65536;
/** Where the caller's data begins: past what the compiler may use, on a cache line. */
export const base = 1024;

export function align(address: number): number {
  return Math.ceil(address / 64) * 64;
}

/** Growing detaches every view of the memory: take views afterwards. */
export function ensureBytes(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
}
