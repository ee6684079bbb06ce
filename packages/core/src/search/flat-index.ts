import type { Codes } from '../codes/codes.ts';
import { bytesPerCode, codeRange, zeroCodes } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import type { SharedKernel } from '../kernels/shared-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { rowRange, toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { aliveBlocks } from './alive-blocks.ts';
import { checkRows } from './check-rows.ts';
import type { AsyncSearchOptions, FlatSearchOptions } from './code-search.ts';
import { CodeSearch } from './code-search.ts';
import type { CodeSegmentLayout, EncodedVectors } from './code-segment.ts';
import { CodeSegment } from './code-segment.ts';
import type { NormStorage } from './norm-storage.ts';
import { checkNormStorage } from './norm-storage.ts';
import { checkPrefixBits } from './prefix-bits.ts';
import type { RowSet } from './row-set.ts';
import { segmentSlots } from './segment-rows.ts';
import type { Segment } from './segmented-rows.ts';
import { mostWritten, SegmentedRows } from './segmented-rows.ts';
import type { SharedSegment } from './shared-segment.ts';
import type { StoredVectors } from './stored-vectors.ts';
import type { ScoredRow } from './top-rows.ts';
import type { VectorIndex, VectorSegments } from './vector-index.ts';
import { VectorRows } from './vector-rows.ts';
import type { VectorStorage } from './vector-storage.ts';
import { isVectorSource, storedVectorsFactory } from './vector-storage.ts';

export type { Scoring } from './code-scoring.ts';
export type { FlatSearchOptions } from './code-search.ts';
export type { NormStorage } from './norm-storage.ts';
export type { SearchDepth } from './search-depth.ts';

export interface FlatIndexOptions {
  /** Where the vectors are kept that re-ranking reads. Default: `float32`, in memory. */
  readonly storage?: VectorStorage | undefined;
  /**
   * Leading bits of every code that are kept once more, so that a scan can read them alone: a multiple of 8.
   * It pays where they are a good code by themselves, as those of nested codes are; short codes may be kept so
   * from end to end, for a scan that counts each bit for what a query makes of it. Default: none.
   */
  readonly prefixBits?: number | undefined;
  /**
   * Whether the lengths of decoded codes are kept, a byte for each row, or computed from the codes whenever
   * a search scores them, which saves the byte and costs time. Default: `stored`.
   */
  readonly norms?: NormStorage | undefined;
}

/**
 * Binary codes, scanned from end to end: Hamming distances give the candidates, the query's real values or
 * the decoded codes order them, and stored vectors decide among the best.
 */
export class FlatIndex implements VectorIndex, VectorSegments {
  readonly quantizer: Quantizer;
  readonly #options: FlatIndexOptions;
  #layout: CodeSegmentLayout;
  /** Undefined where vectors are fetched. */
  readonly #createVectors: ((dimensions: number) => StoredVectors) | undefined;
  #rows: SegmentedRows<CodeSegment>;

  /**
   * @param vectors unit vectors that the index takes over, if any
   * @param codes their codes, where they are known already; codes alone where vectors are fetched
   */
  constructor(
    quantizer: Quantizer,
    vectors?: VectorRows,
    codes?: Codes,
    options: FlatIndexOptions = {},
  ) {
    this.quantizer = quantizer;
    this.#options = options;
    const { prefixBits = 0, storage = 'float32', norms = 'stored' } = options;
    checkNormStorage(norms);
    checkPrefixBits(prefixBits, quantizer.bits);
    this.#createVectors = storedVectorsFactory(storage);
    this.#layout = {
      bytesPerCode: bytesPerCode(quantizer.bits),
      prefixBits,
    };
    this.#rows = new SegmentedRows(() => this.#createSegment());
    if (vectors) this.#takeOver(vectors, codes);
    else if (codes) this.#takeOverCodes(codes);
  }

  /**
   * An index of the rows of another one, under the same numbers: it takes over their vectors and encodes
   * them block by block, so that searches go on meanwhile. The other must not change until it is done.
   *
   * @throws BitryoshkaError `dimension-mismatch`
   */
  static async encode(
    { segmentedVectors: from }: VectorSegments,
    quantizer: Quantizer,
    { signal, onProgress, ...options }: FlatIndexOptions & TaskOptions = {},
  ): Promise<FlatIndex> {
    const index = new FlatIndex(quantizer, undefined, undefined, options);
    const total = from.segments.reduce((sum, { rows }) => sum + rows.slots, 0);
    const contents: CodeSegment[] = [];
    let done = 0;
    for (const { content: vectors } of from.segments) {
      const content = new CodeSegment(index.#layout, index.#storedAs(vectors));
      for (const block of vectors.blocks()) {
        await checkpoint({ signal, onProgress }, { stage: 'encode', done, total });
        index.#appendCodes(content, quantizer.encode(block, 'document'));
        done += block.rows;
      }
      contents.push(content);
    }
    index.#rows = from.convert(() => index.#createSegment(), contents);
    return index;
  }

  get dimensions(): number {
    return this.quantizer.inputDimensions;
  }

  get rows(): number {
    return this.#rows.count;
  }

  /** Of a vector that is kept to re-rank with; 0 where there is none. */
  get bytesPerVector(): number {
    return this.#rows.segments[0]?.content.vectors?.bytesPerVector ?? 0;
  }

  add(vectors: Vectors): number {
    const matrix = toMatrix(vectors, { columns: this.dimensions });
    return this.#rows.append(matrix.rows, (content, start, end) => {
      const block = rowRange(matrix, start, end);
      const unit = normalizeRows(block, writtenRows(block));
      content.append(this.#encodeVectors(unit), 0, unit.rows);
    });
  }

  update(row: number, vector: ArrayLike<number>): void {
    const unit = normalizeRows(toMatrix([vector], { columns: this.dimensions }));
    const encoded = this.#encodeVectors(unit);
    this.#rows.update(row, (content) => content.append(encoded, 0, 1));
  }

  delete(rows: Iterable<number>): number {
    let deleted = 0;
    for (const row of checkRows(rows)) if (this.#rows.delete(row)) deleted++;
    return deleted;
  }

  search(query: ArrayLike<number>, options: FlatSearchOptions): ScoredRow[] {
    return this.#search().search(query, options);
  }

  /**
   * What `search` finds for each of the queries. They share the reading of the codes: many queries take less
   * time together than one by one.
   *
   * @throws BitryoshkaError as `search`
   */
  searchBatch(queries: Vectors, options: FlatSearchOptions): ScoredRow[][] {
    return this.#search().searchBatch(queries, options);
  }

  /**
   * The same for vectors that are fetched. It answers for the index as it is at the call, whatever is
   * changed meanwhile.
   *
   * @throws BitryoshkaError as `search`; what `fetchVectors` throws is passed on
   */
  searchAsync(query: ArrayLike<number>, options: AsyncSearchOptions): Promise<ScoredRow[]> {
    return this.#search().searchAsync(query, options);
  }

  /** The index as it is now, to search while it is changed. Keeping it costs what is deleted meanwhile. */
  snapshot(): Pick<FlatIndex, 'rows' | 'search' | 'searchAsync' | 'searchBatch'> {
    const { rows } = this;
    // Rows are looked up where they are now, which is of no use to a snapshot.
    const frozen = { segments: this.#rows.snapshot(), locate: undefined };
    const search = new CodeSearch({ ...this.#searched(), ...frozen });
    return {
      rows,
      search: (query, options) => search.search(query, options),
      searchAsync: (query, options) => search.searchAsync(query, options),
      searchBatch: (queries, options) => search.searchBatch(queries, options),
    };
  }

  /**
   * Moves codes and vectors, and those to come, to memory that other threads read as well.
   *
   * @returns the index as it is now, whatever becomes of it, for this thread and for others
   * @throws BitryoshkaError `not-supported` for an index whose vectors are fetched
   */
  share(kernel: SharedKernel): {
    readonly segments: Segment<CodeSegment>[];
    readonly shared: SharedSegment[];
  } {
    for (const { content } of this.#rows.segments) this.#stored(content);
    this.#layout = { ...this.#layout, shared: kernel };
    const segments = this.#rows.snapshot();
    const shared = segments.map(({ content, rows }) => ({
      ...content.share(kernel),
      rows: rows.share(),
    }));
    return { segments, shared };
  }

  has(row: number): boolean {
    return this.#rows.find(row) !== undefined;
  }

  vector(row: number): Float32Array {
    const { content, slot } = this.#rows.at(row);
    return this.#stored(content).at(slot);
  }

  select(rows: ArrayLike<number>): FlatIndex {
    const selected = new FlatIndex(this.quantizer, undefined, undefined, this.#options);
    selected.#rows.append(rows.length, (to, start, end) => {
      for (let i = start; i < end; i++) {
        const { content, slot } = this.#rows.at(rows[i]);
        to.appendFrom(content, [slot]);
      }
    });
    return selected;
  }

  blocks(): Iterable<Matrix> {
    return aliveBlocks(this.#rows.segments, (content) => this.#stored(content));
  }

  /**
   * The vectors themselves as float32, in the order of writing, to build another index on: without
   * copying them where they are stored so and none was deleted.
   */
  get vectors(): VectorRows {
    const lists = this.#rows.segments.map(({ content, rows }) => {
      const stored = this.#stored(content);
      if (stored instanceof VectorRows && rows.deleted === 0) return stored;
      const list = new VectorRows(this.dimensions);
      list.appendFrom(stored, rows.aliveSlots());
      return list;
    });
    return VectorRows.concatenate(this.dimensions, lists);
  }

  /** The codes of all rows in the order of writing, copied. */
  codes(): Codes {
    const codes = zeroCodes(this.rows, this.quantizer.bits);
    let start = 0;
    for (const { content, rows } of this.#rows.segments) {
      content.copyCodes(rows.aliveSlots(), codes.data.subarray(start * codes.bytesPerCode));
      start += rows.count;
    }
    return codes;
  }

  get segmentedVectors(): SegmentedRows<StoredVectors> {
    const contents = this.#rows.segments.map(({ content }) => this.#stored(content));
    return this.#rows.convert(this.#createVectors as () => StoredVectors, contents);
  }

  #createSegment(): CodeSegment {
    return new CodeSegment(this.#layout, this.#createVectors?.(this.dimensions));
  }

  #search(): CodeSearch {
    return new CodeSearch(this.#searched());
  }

  #searched() {
    const { storage = 'float32', prefixBits = 0 } = this.#options;
    const rows = this.#rows;
    return {
      quantizer: this.quantizer,
      segments: rows.segments,
      prefixBits,
      source: isVectorSource(storage) ? storage : undefined,
      locate: (allowed: RowSet) => rows.places(allowed),
    };
  }

  #stored({ vectors }: CodeSegment): StoredVectors {
    if (vectors) return vectors;
    throw new BitryoshkaError({
      code: 'not-supported',
      message: 'got an index whose vectors are fetched, expected one that stores them.',
      remedy: 'Ask the source of the vectors.',
    });
  }

  #encodeVectors(unit: Matrix): EncodedVectors {
    return { ...this.#withNorms(this.quantizer.encode(unit, 'document')), vectors: unit };
  }

  #withNorms(codes: Codes): Omit<EncodedVectors, 'vectors'> {
    const { decoder } = this.quantizer;
    const isStored = this.#options.norms !== 'computed';
    return { codes, norms: isStored ? decoder?.encodeNorms(codes) : undefined };
  }

  /** Vectors that are stored already: taken over where they are stored as wanted. */
  #storedAs(vectors: StoredVectors): StoredVectors | undefined {
    if (!this.#createVectors) return undefined;
    const { storage = 'float32' } = this.#options;
    if (storage === 'float32' && vectors instanceof VectorRows) return vectors;
    const stored = this.#createVectors(this.dimensions);
    for (const block of vectors.blocks()) stored.append(block);
    return stored;
  }

  #takeOver(vectors: VectorRows, codes: Codes | undefined): void {
    if (codes && codes.rows !== vectors.rows) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `got ${codes.rows} codes for ${vectors.rows} vectors.`,
        remedy: 'Pass one code per vector.',
      });
    }
    let done = 0;
    for (const part of vectors.split()) {
      const content = new CodeSegment(this.#layout, this.#storedAs(part));
      for (const block of part.blocks()) {
        const known = codes && codeRange(codes, done, done + block.rows);
        this.#appendCodes(content, known ?? this.quantizer.encode(block, 'document'));
        done += block.rows;
      }
      this.#rows.adopt(content, part.rows);
    }
  }

  #takeOverCodes(codes: Codes): void {
    if (this.#createVectors) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `got ${codes.rows} codes for 0 vectors.`,
        remedy: 'Pass one code per vector, or a storage that fetches vectors.',
      });
    }
    for (let start = 0; start < codes.rows; start += segmentSlots) {
      const content = this.#createSegment();
      const slots = Math.min(segmentSlots, codes.rows - start);
      this.#appendCodes(content, codeRange(codes, start, start + slots));
      this.#rows.adopt(content, slots);
    }
  }

  #appendCodes(content: CodeSegment, codes: Codes): void {
    content.append({ ...this.#withNorms(codes), vectors: undefined }, 0, codes.rows);
  }
}

let written = new Float32Array(0);

/** Room for rows until they are written, the same for all: garbage of their size would be collected late. */
function writtenRows({ rows, columns }: Matrix): Matrix {
  if (written.length < rows * columns) {
    written = new Float32Array(Math.min(mostWritten, 2 * rows) * columns);
  }
  return { rows, columns, data: written.subarray(0, rows * columns) };
}
