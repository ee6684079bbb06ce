import type { Codes } from '../codes/codes.ts';
import { bytesPerCode, codeRange, zeroCodes } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { checkCount } from '../errors/check-count.ts';
import type { SharedKernel } from '../kernels/scan/shared-kernel.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import {
  checkedShape,
  checkNotEmpty,
  row as rowOf,
  rowRange,
  toMatrix,
  zeros,
} from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import type { Finder, FinderKind, FinderPlan } from './finders/finder.ts';
import type { CodeLayout } from './finders/scan/segment-codes.ts';
import { SegmentCodes } from './finders/scan/segment-codes.ts';
import type { AsyncSearchOptions, ReadIndex } from './index-reader.ts';
import { IndexReader } from './index-reader.ts';
import type { SharedSegment } from './index-segment.ts';
import { IndexSegment } from './index-segment.ts';
import type { ScoredRow } from './ranking/top-k.ts';
import type { RowId } from './rows/row-id.ts';
import { checkRowIds } from './rows/row-id.ts';
import { RowSet } from './rows/row-set.ts';
import type { Segment } from './rows/segmented-rows.ts';
import { mostWritten, SegmentedRows } from './rows/segmented-rows.ts';
import type { SearchOptions } from './search-depth.ts';
import type { StoredVectors } from './vectors/stored-vectors.ts';
import { VectorRows } from './vectors/vector-rows.ts';
import type { VectorSource, VectorStorage } from './vectors/vector-storage.ts';
import { isVectorSource, storedVectorsFactory } from './vectors/vector-storage.ts';

export interface BinaryIndexOptions {
  /** What makes the codes. Default: none, and every search is exact. */
  readonly quantizer?: Quantizer | undefined;
  /** Of the vectors, where there is no quantizer that says so. */
  readonly dimensions?: number | undefined;
  /** Where the vectors are kept that re-ranking reads. Default: `float32`, in memory. */
  readonly storage?: VectorStorage | undefined;
  /**
   * Leading bits of every code that are kept once more, so that a scan can read them alone: a multiple of 8.
   * It pays where they are a good code by themselves, as those of nested codes are; short codes may be kept so
   * from end to end, for a scan that counts each bit for what a query makes of it. Default: none; of codes in two
   * parts the first.
   */
  readonly prefixBits?: number | undefined;
  /** Unit vectors that the index takes over, without copying those that are stored as wanted. */
  readonly vectors?: VectorRows | undefined;
  /** Their codes, where they are known already; codes alone where vectors are fetched. */
  readonly codes?: Codes | undefined;
}

/** An index to read. */
export type IndexView = Pick<
  BinaryIndex,
  'dimensions' | 'rows' | 'has' | 'vector' | 'search' | 'searchBatch' | 'searchAsync' | 'blocks'
>;

/** An index as it was at a moment. */
export type IndexSnapshot = Pick<IndexReader, 'rows' | 'search' | 'searchBatch' | 'searchAsync'>;

/** What a change of how an index searches is asked before it is made. */
export interface AcceptOptions extends TaskOptions {
  /**
   * Looks at the index as it would be then, to search it: the change is made if this says so. Default: it is.
   */
  readonly accept?: ((reader: IndexReader) => Promise<boolean>) | undefined;
}

export interface TuneFinderOptions extends Omit<SearchOptions, 'k' | 'allowed'> {
  /** The share of the neighbours that is to be found. */
  readonly targetRecall: number;
  /** Neighbours that are wanted. Default: 10. */
  readonly k?: number | undefined;
}

/** Rows that a finder is given, or that are encoded, in one turn; in the first, where some quantizers get ready. */
const rowsPerTurn = 64;
const rowsInFirstTurn = 8;
/** Of the rows from turn to turn. */
const turnGrowth = 1.25;
const quickMilliseconds = 2;

/**
 * Vectors by number, searched in stages: a finder (a scan of all codes, a graph, lists) hands on candidates, and
 * stored vectors decide among the best. A row keeps its number for ever: numbers rise in the order of adding, and
 * that of a deleted row is not used again. Without a quantizer all vectors are candidates, and searches are exact.
 */
export class BinaryIndex {
  readonly dimensions: number;
  readonly #storage: VectorStorage;
  /** Undefined where vectors are fetched. */
  readonly #createVectors: ((dimensions: number) => StoredVectors) | undefined;
  readonly #rows: SegmentedRows<IndexSegment>;
  #quantizer: Quantizer | undefined;
  /** Undefined without a quantizer. */
  #layout: CodeLayout | undefined;
  #finder: Finder | undefined;
  /** A finder that is being made, and rows that it must not have as they were when that began. */
  #building: { finder: Finder | undefined; readonly touched: Set<RowId> } | undefined;
  #isEncoding = false;
  #maintaining: Promise<void> | undefined;
  #live: IndexReader | undefined;

  /** @throws BitryoshkaError `invalid-option` or `dimension-mismatch` */
  constructor(options: BinaryIndexOptions) {
    const { quantizer, storage = 'float32', prefixBits = 0, vectors, codes } = options;
    const { dimensions = quantizer?.inputDimensions ?? vectors?.dimensions } = options;
    if (dimensions === undefined) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: 'dimensions: got neither dimensions nor a quantizer, expected one of them.',
        remedy: 'Pass { quantizer }, or { dimensions } for an index that is exact.',
      });
    }
    checkCount('dimensions', dimensions, 1);
    if (quantizer) checkFits(quantizer, dimensions);
    this.dimensions = dimensions;
    this.#storage = storage;
    this.#createVectors = storedVectorsFactory(storage);
    this.#quantizer = quantizer;
    this.#layout = quantizer && layoutOf(quantizer, prefixBits);
    this.#rows = new SegmentedRows(
      () => new IndexSegment(this.#createVectors?.(dimensions), this.#layout),
    );
    if (vectors) this.#takeOver(vectors, codes);
    else if (codes) this.addCodes(codes);
  }

  /** How many rows there are: those that were added and not deleted. */
  get rows(): number {
    return this.#rows.count;
  }

  /** What makes the codes; undefined while searches are exact. */
  get quantizer(): Quantizer | undefined {
    return this.#quantizer;
  }

  get prefixBits(): number {
    return this.#layout?.prefixBits ?? 0;
  }

  /** What finds candidates. */
  get finder(): 'exact' | 'scan' | FinderKind {
    if (!this.#quantizer) return 'exact';
    return this.#finder?.kind ?? 'scan';
  }

  /** Of a vector that is kept to re-rank with; 0 where there is none. */
  get bytesPerVector(): number {
    return this.#rows.segments[0]?.content.vectors?.bytesPerVector ?? 0;
  }

  /**
   * @returns the number of the first vector; the others follow. In an index from which nothing was
   *   deleted, it is how many there were
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, or `not-supported` for more than a graph can hold;
   *   nothing was added then
   */
  add(vectors: Vectors): RowId {
    const matrix = toMatrix(vectors, { columns: this.dimensions });
    const first = this.#rows.nextRow;
    this.#reserve(matrix.rows);
    try {
      for (let start = 0; start < matrix.rows; start += mostWritten) {
        const block = rowRange(matrix, start, Math.min(matrix.rows, start + mostWritten));
        this.#append(normalizeRows(block, writtenRows(block)));
      }
    } catch (cause) {
      // Such as a disk that is full: nothing was added then.
      for (let row = first; row < this.#rows.nextRow; row++) this.#forget(row);
      throw cause;
    }
    return first;
  }

  /**
   * The same for many vectors, letting waiting events run every few milliseconds. Searches in between see what was
   * added so far; for the state before, search a snapshot. The index must not be added to meanwhile.
   *
   * @param vectors must not change before the promise is settled
   * @throws BitryoshkaError as `add`, and the reason of the signal; nothing was added then
   */
  async addAsync(vectors: Vectors, options: TaskOptions = {}): Promise<RowId> {
    const given = Array.isArray(vectors)
      ? vectors
      : checkedShape(vectors, { columns: this.dimensions });
    const total = 'rows' in given ? given.rows : given.length;
    let first = this.add([]);
    let done = 0;
    let rows = rowsInFirstTurn;
    try {
      while (done < total) {
        await checkpoint(options, { stage: 'add', done, total });
        const start = performance.now();
        const end = Math.min(total, done + rows);
        const added = this.add(rangeOf(given, done, end));
        if (done === 0) first = added;
        done = end;
        // Encoding many at once is quicker than few, linking takes as long for each.
        const isQuick = performance.now() - start < quickMilliseconds;
        rows = isQuick ? Math.min(mostWritten, 2 * rows) : Math.max(rowsInFirstTurn, rows / 2);
      }
      // Within, as a callback that throws undoes all.
      options.onProgress?.({ stage: 'add', done, total });
    } catch (cause) {
      this.delete(Array.from({ length: done }, (_, i) => first + i));
      throw cause;
    }
    return first;
  }

  /**
   * Gives a row another vector. Among equal scores it then comes after all rows that are there.
   *
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, or `invalid-option` for a row that is not
   *   there; nothing was changed then
   */
  update(row: RowId, vector: ArrayLike<number>): void {
    const unit = normalizeRows(toMatrix([vector], { columns: this.dimensions }));
    this.#reserve(1);
    const encoded = this.#encode(unit);
    this.#rows.update(row, (content) => write(content, unit, encoded, 0, 1));
    this.#building?.touched.add(row);
    for (const finder of this.#finders()) {
      finder.remove(row);
      if (encoded) finder.insert({ rows: [row], vectors: this.#kept(unit), ...encoded });
    }
    this.#maintainWorn();
  }

  /**
   * Rows that are not there are ignored.
   *
   * @returns how many were there
   * @throws BitryoshkaError `invalid-option` for what names no rows; nothing was deleted then
   */
  delete(rows: Iterable<RowId>): number {
    let deleted = 0;
    for (const row of checkRowIds(rows)) if (this.#forget(row)) deleted++;
    this.#maintainWorn();
    return deleted;
  }

  /** Whether a row was added and not deleted. */
  has(row: RowId): boolean {
    return this.#rows.find(row) !== undefined;
  }

  /**
   * The vector of a row, scaled to unit length.
   *
   * @throws BitryoshkaError `invalid-option` for a row that is not there, `not-supported` where vectors are fetched
   */
  vector(row: RowId): Float32Array {
    const { content, slot } = this.#rows.at(row);
    return stored(content).at(slot);
  }

  search(query: ArrayLike<number>, options: SearchOptions): ScoredRow[] {
    return this.#reader().search(query, options);
  }

  searchBatch(queries: Vectors, options: SearchOptions): ScoredRow[][] {
    return this.#reader().searchBatch(queries, options);
  }

  searchAsync(query: ArrayLike<number>, options: AsyncSearchOptions): Promise<ScoredRow[]> {
    return this.#reader().searchAsync(query, options);
  }

  /** The index as it is now, to search while it is changed. Keeping it costs what is deleted meanwhile. */
  snapshot(): IndexSnapshot {
    const rows = this.#rows;
    const segments = rows.snapshot().map(({ content: { vectors, codes }, rows: alive }) => ({
      content: { vectors, codes },
      rows: alive,
    }));
    const read = { ...this.#read(), segments };
    const { finder } = read;
    if (!finder) return new IndexReader({ ...read, locate: undefined });
    // As long as none was removed, what a finder has is what was there, and what came later.
    const { removals, nextRow } = rows;
    let before: RowSet | undefined;
    const isCurrent = () => rows.removals === removals;
    const candidates: Finder['candidates'] = (query, depth, allowed) => {
      if (!isCurrent()) return undefined;
      before ??= RowSet.below(nextRow);
      const those = allowed ?? (rows.nextRow === nextRow ? undefined : before);
      return finder.candidates(query, depth, those);
    };
    return new IndexReader({ ...read, locate: undefined, finder: { candidates } });
  }

  /** What reads of the index and changes nothing, at run time as well. */
  view(): IndexView {
    return new ReadOnlyIndex(this);
  }

  /** An index of the named rows only, renumbered from 0 in the order they are named, scanned. */
  select(rows: ArrayLike<RowId>): BinaryIndex {
    const selected = new BinaryIndex({
      dimensions: this.dimensions,
      quantizer: this.#quantizer,
      storage: this.#storage,
      prefixBits: this.prefixBits,
    });
    selected.#rows.append(rows.length, (to, start, end) => {
      for (let i = start; i < end; i++) {
        const { content, slot } = this.#rows.at(rows[i]);
        to.appendFrom(content, [slot]);
      }
    });
    return selected;
  }

  /** The numbers of all rows, in the order in which they were written. */
  rowIds(): Uint32Array {
    const rows = new Uint32Array(this.rows);
    let count = 0;
    for (const { rows: ofSegment } of this.#rows.segments) {
      for (const slot of ofSegment.aliveSlots()) rows[count++] = ofSegment.rowAt(slot);
    }
    return rows;
  }

  /** All vectors, scaled to unit length, in blocks, in the order in which they were written. */
  *blocks(): Generator<Matrix> {
    for (const { content, rows } of this.#rows.segments) {
      let start = 0;
      for (const block of stored(content).blocks()) {
        const slots = Math.min(block.rows, rows.slots - start);
        const alive = zeros(slots, block.columns);
        let count = 0;
        for (let i = 0; i < slots; i++) {
          if (rows.isAlive(start + i)) alive.data.set(rowOf(block, i), count++ * block.columns);
        }
        if (count === block.rows) yield block;
        else if (count > 0) yield rowRange(alive, 0, count);
        start += block.rows;
      }
    }
  }

  /**
   * The vectors themselves as float32, in the order of writing, to build another index on: without
   * copying them where they are stored so and none was deleted.
   */
  get vectors(): VectorRows {
    const parts = this.#rows.segments.map(({ content, rows }) => {
      const vectors = stored(content);
      if (vectors instanceof VectorRows && rows.deleted === 0) return vectors;
      const list = new VectorRows(this.dimensions);
      list.appendFrom(vectors, rows.aliveSlots());
      return list;
    });
    return VectorRows.concatenate(this.dimensions, parts);
  }

  /** The codes of all rows in the order of writing, copied. */
  codes(): Codes {
    const codes = codesFor(this.#codesBy('codes'), this.rows);
    let start = 0;
    for (const { content, rows } of this.#rows.segments) {
      content.codes?.copy(rows.aliveSlots(), codes.data.subarray(start * codes.bytesPerCode));
      start += rows.count;
    }
    return codes;
  }

  /**
   * The codes of some rows, copied.
   *
   * @throws BitryoshkaError `invalid-option` for a row that is not there, `not-supported` without codes
   */
  codesOf(rows: ArrayLike<RowId>): Codes {
    const codes = codesFor(this.#codesBy('codesOf'), rows.length);
    const { data, bytesPerCode: bytes } = codes;
    for (let i = 0; i < rows.length; i++) {
      const { content, slot } = this.#rows.at(rows[i]);
      content.codes?.copy([slot], data.subarray(i * bytes, (i + 1) * bytes));
    }
    return codes;
  }

  /**
   * Adds rows by their codes alone, where vectors are fetched.
   *
   * @param norms what the decoder's `encodeNorms` makes of them, where that is known
   * @returns the number of the first; the others follow
   * @throws BitryoshkaError `dimension-mismatch` for codes of other lengths, for more or fewer norms, or where vectors
   *   are stored, `not-supported` without a quantizer; nothing was added then
   */
  addCodes(codes: Codes, norms?: Uint8Array): RowId {
    if (this.#createVectors) {
      const remedy = 'Pass one code per vector, or a storage that fetches vectors.';
      throw countMismatch(codes.rows, 0, remedy);
    }
    const { bits, decoder } = this.#codesBy('addCodes');
    if (codes.bits !== bits) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `codes: got ${codes.bits} bits, expected ${bits}, as the quantizer makes them.`,
        remedy: 'Pass codes of the quantizer of the index.',
      });
    }
    if (norms && norms.length !== codes.rows) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `norms: got ${norms.length} for ${codes.rows} codes, expected one per code.`,
        remedy: 'Pass one per code, or leave norms out.',
      });
    }
    const lengths = norms ?? decoder?.encodeNorms(codes);
    this.#reserve(codes.rows);
    const first = this.#rows.append(codes.rows, (content, start, end) => {
      content.codes?.append(codeRange(codes, start, end), lengths?.subarray(start, end));
    });
    this.#handOn(first, { codes, norms: lengths }, () => undefined);
    return first;
  }

  /**
   * Takes up rows that others have written to where the vectors are kept, numbered from `first` on.
   *
   * @param codes theirs, where there is a quantizer
   * @param write notes vectors `start` to `end` (exclusive) as the next ones
   */
  addWritten(
    first: RowId,
    count: number,
    codes: Codes | undefined,
    write: (vectors: StoredVectors, start: number, end: number) => void,
  ): void {
    this.#rows.skipTo(first);
    const norms = codes && this.#quantizer?.decoder?.encodeNorms(codes);
    this.#reserve(count);
    this.#rows.append(count, (content, start, end) => {
      write(stored(content), start, end);
      if (codes) {
        content.codes?.append(codeRange(codes, start, end), norms?.subarray(start, end));
      }
    });
    if (!codes) return;
    this.#handOn(first, { codes, norms }, (rows) =>
      toMatrix(Array.from(rows, (row) => this.vector(row))),
    );
  }

  /**
   * Gives all rows codes, or other codes, in turns of a few milliseconds: searches go on as before until all are
   * made, and additions, updates and deletions are made in both. A finder of the old codes goes with them.
   *
   * @returns whether it was accepted
   * @throws BitryoshkaError `dimension-mismatch`, `invalid-option`, `not-supported` where vectors are fetched; the
   *   index stays as it is then, also when aborted
   */
  async encode(
    quantizer: Quantizer,
    { prefixBits = 0, accept, ...task }: AcceptOptions & { readonly prefixBits?: number } = {},
  ): Promise<boolean> {
    checkFits(quantizer, this.dimensions);
    const layout = { ...layoutOf(quantizer, prefixBits), shared: this.#layout?.shared };
    this.#checkFree('encode');
    this.#isEncoding = true;
    const made = new Map<IndexSegment, SegmentCodes>();
    try {
      await this.#encodeAll(made, layout, quantizer, task);
      if (accept) {
        const segments = this.#rows.segments.map(({ content, rows }) => ({
          content: { vectors: content.vectors, codes: made.get(content) },
          rows: rows.snapshot(),
        }));
        const read = {
          ...this.#read(),
          segments,
          quantizer,
          prefixBits: layout.prefixBits,
          finder: undefined,
        };
        if (!(await accept(new IndexReader({ ...read, locate: undefined })))) return false;
        // What was written while it was looked at.
        await this.#encodeAll(made, layout, quantizer, task);
      }
    } finally {
      this.#isEncoding = false;
    }
    for (const { content } of this.#rows.segments) content.codes = made.get(content);
    this.#quantizer = quantizer;
    this.#layout = layout;
    this.#finder = undefined;
    this.#live = undefined;
    return true;
  }

  /** Codes go, and every search is exact again. */
  decode(): void {
    this.#checkFree('decode');
    for (const { content } of this.#rows.segments) {
      stored(content);
      content.codes = undefined;
    }
    this.#quantizer = undefined;
    this.#layout = undefined;
    this.#finder = undefined;
    this.#live = undefined;
  }

  /**
   * From now on, candidates are found by a graph or by lists, which are made in turns of a few milliseconds: until
   * they have all rows, searches go on as before. Additions, updates and deletions go on as well.
   *
   * @returns whether it was accepted
   * @throws BitryoshkaError `not-supported` for an index without codes, and what the finder cannot be made of; the
   *   index stays as it is then, also when aborted
   */
  async attach(plan: FinderPlan, { accept, ...task }: AcceptOptions = {}): Promise<boolean> {
    const quantizer = this.#codesBy('attach');
    this.#checkFree('attach');
    const building = { finder: undefined as Finder | undefined, touched: new Set<RowId>() };
    this.#building = building;
    try {
      const finder = await plan.create({
        quantizer,
        rows: this.#rows,
        prefixBits: this.prefixBits,
        ...task,
      });
      for (const row of building.touched) finder.remove(row);
      building.finder = finder;
      await this.#fill(finder, task);
      task.signal?.throwIfAborted();
      if (accept && !(await accept(new IndexReader({ ...this.#read(), finder })))) return false;
      this.#finder = finder;
      this.#live = undefined;
      return true;
    } finally {
      this.#building = undefined;
    }
  }

  /** Candidates are found by a scan again. */
  detach(): void {
    this.#finder = undefined;
    this.#live = undefined;
  }

  /**
   * Chooses how far the finder looks by default (`efSearch`, `nprobe`), so that on the given queries searches find a
   * share of the nearest vectors; where vectors are fetched, of what a scan finds.
   *
   * @param queries of which no neighbour has to be known
   * @returns the share that is found; less than asked for where looking farthest finds less
   * @throws BitryoshkaError `not-supported` without a graph or lists, `invalid-option` or `dimension-mismatch`
   */
  async tuneFinder(
    queries: Vectors,
    { targetRecall, k = 10, ...depth }: TuneFinderOptions,
    task: TaskOptions = {},
  ): Promise<number> {
    const asked = toMatrix(queries, { columns: this.dimensions, name: 'queries' });
    checkNotEmpty(asked, 'queries');
    if (typeof targetRecall !== 'number' || !(targetRecall > 0 && targetRecall <= 1)) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `targetRecall: got ${String(targetRecall)}, expected a number above 0, up to 1.`,
        remedy: 'Correct targetRecall.',
      });
    }
    const finder = this.#finder;
    if (!finder) throw notSupported('tuneFinder: got no graph and no lists', 'Attach one first.');
    const options = { ...depth, k };
    const total = asked.rows;
    const answers = async (search: (query: Float32Array) => Promise<ScoredRow[]>) => {
      const found: RowId[][] = [];
      for (let i = 0; i < total; i++) {
        await checkpoint(task, { stage: 'tune', done: i, total });
        found.push((await search(rowOf(asked, i))).map(({ row }) => row));
      }
      return found;
    };
    const wanted = await answers((query) => this.#nearest(query, options, task));
    const count = wanted.reduce((sum, rows) => sum + rows.length, 0);
    const best = { effort: finder.effort, recall: -1 };
    for (const effort of finder.efforts) {
      finder.effort = effort;
      const found = await answers((query) => this.searchAsync(query, options));
      const shared = found.map((rows, i) => rows.filter((row) => wanted[i].includes(row)).length);
      const recall = count === 0 ? 1 : shared.reduce((sum, each) => sum + each, 0) / count;
      if (recall > best.recall) Object.assign(best, { effort, recall });
      if (recall >= targetRecall) break;
    }
    finder.effort = best.effort;
    return best.recall;
  }

  /**
   * Mends what deletions and additions have left behind in a graph or in lists: a few milliseconds in each turn.
   * Changes start it by themselves when it is due; await it to be sure.
   */
  maintain(options: TaskOptions = {}): Promise<void> {
    const finder = this.#finder;
    if (!finder) return Promise.resolve();
    this.#maintaining ??= finder.maintain(options).finally(() => {
      this.#maintaining = undefined;
    });
    return this.#maintaining;
  }

  /**
   * Moves codes and vectors, and those to come, to memory that other threads read as well.
   *
   * @returns the index as it is now, whatever becomes of it, for this thread and for others
   * @throws BitryoshkaError `not-supported` for an index whose vectors are fetched, or without codes
   */
  share(kernel: SharedKernel): {
    readonly segments: Segment<Pick<IndexSegment, 'vectors'>>[];
    readonly shared: SharedSegment[];
  } {
    this.#codesBy('share');
    for (const { content } of this.#rows.segments) stored(content);
    this.#layout = this.#layout && { ...this.#layout, shared: kernel };
    const segments = this.#rows.snapshot();
    const shared = segments.map(({ content, rows }) => ({
      ...content.share(kernel),
      rows: rows.share(),
    }));
    return { segments, shared };
  }

  /** What a file of the index is made of. */
  get contents(): IndexContents {
    return {
      settings: undefined,
      rows: this.#rows,
      finder: this.#finder,
      quantizer: this.#quantizer,
      prefixBits: this.prefixBits,
      isFetched: isVectorSource(this.#storage),
    };
  }

  /** Takes up rows under numbers that they have already, behind those that are there. */
  adopt(content: IndexSegment, numbers: ArrayLike<RowId>): void {
    this.#rows.adopt(content, numbers.length, numbers);
  }

  /** An empty segment of this index, to be filled and adopted. */
  createSegment(): IndexSegment {
    return new IndexSegment(this.#createVectors?.(this.dimensions), this.#layout);
  }

  /** Numbers below this are not given to rows any more. */
  skipTo(nextRow: RowId): void {
    this.#rows.skipTo(nextRow);
  }

  /** The truth: the nearest of all vectors, segment by segment. Where they are fetched, what a scan finds. */
  async #nearest(
    query: Float32Array,
    options: SearchOptions,
    task: TaskOptions,
  ): Promise<ScoredRow[]> {
    const read = { ...this.#read(), finder: undefined };
    if (read.source) return new IndexReader(read).searchAsync(query, options);
    const found: ScoredRow[] = [];
    for (const [done, segment] of read.segments.slice().entries()) {
      const exact = { ...read, quantizer: undefined, segments: [segment] };
      found.push(...new IndexReader(exact).search(query, { k: options.k }));
      await checkpoint(task, { stage: 'tune', done, total: read.segments.length });
    }
    return found.sort((a, b) => b.score - a.score).slice(0, options.k);
  }

  /** @param unit of `mostWritten` rows at most */
  #append(unit: Matrix): void {
    const encoded = this.#encode(unit);
    const first = this.#rows.append(unit.rows, (content, start, end) =>
      write(content, unit, encoded, start, end),
    );
    if (encoded) this.#handOn(first, encoded, () => this.#kept(unit));
  }

  /** Makes room for more rows in finders. */
  #reserve(count: number): void {
    for (const finder of this.#finders()) finder.reserve(count);
  }

  /** Gives finders the rows that were just written, from `first` on. */
  #handOn(
    first: RowId,
    encoded: Encoded,
    vectorsOf: (rows: Uint32Array) => Matrix | undefined,
  ): void {
    const finders = this.#finders();
    if (finders.length === 0) return;
    const rows = Uint32Array.from({ length: encoded.codes.rows }, (_, i) => first + i);
    const vectors = vectorsOf(rows);
    for (const finder of finders) finder.insert({ rows, vectors, ...encoded });
    this.#maintainWorn();
  }

  /** @returns whether the row was there */
  #forget(row: RowId): boolean {
    const isThere = this.#rows.delete(row);
    this.#building?.touched.add(row);
    for (const finder of this.#finders()) finder.remove(row);
    return isThere;
  }

  #finders(): Finder[] {
    return [this.#finder, this.#building?.finder].filter((finder) => finder !== undefined);
  }

  /** Makes the codes that are missing, in turns. */
  async #encodeAll(
    made: Map<IndexSegment, SegmentCodes>,
    layout: CodeLayout,
    quantizer: Quantizer,
    task: TaskOptions,
  ): Promise<void> {
    let turn = rowsInFirstTurn;
    // Others write while this waits: round after round, until nothing is left to be done.
    for (let isDone = false; !isDone; ) {
      isDone = true;
      for (const { content, rows } of this.#rows.segments.slice()) {
        const codes = made.get(content) ?? new SegmentCodes(layout);
        made.set(content, codes);
        while (codes.count < rows.slots) {
          isDone = false;
          const done = Array.from(made.values()).reduce((sum, { count }) => sum + count, 0);
          await checkpoint(task, { stage: 'encode', done, total: this.rows });
          const end = Math.min(rows.slots, codes.count + Math.floor(turn));
          const unit = gather(stored(content), codes.count, end);
          turn = Math.min(rowsPerTurn, turn * turnGrowth);
          const encoded = quantizer.encode(unit, 'document');
          codes.append(encoded, quantizer.decoder?.encodeNorms(encoded));
        }
      }
    }
    task.signal?.throwIfAborted();
  }

  /** Gives a finder the rows that it does not have, in turns. */
  async #fill(finder: Finder, task: TaskOptions): Promise<void> {
    let done = 0;
    const total = this.rows;
    for (const { content, rows } of this.#rows.snapshot()) {
      const slots = rows.aliveSlots();
      for (let start = 0; start < slots.length; start += rowsPerTurn) {
        await checkpoint(task, { stage: finder.kind, done, total });
        const missing = slots.subarray(start, start + rowsPerTurn).filter((slot) => {
          const row = rows.rowAt(slot);
          // Those that were updated since are there already.
          return this.has(row) && !finder.has(row);
        });
        done += Math.min(rowsPerTurn, slots.length - start);
        if (missing.length === 0) continue;
        const codes = zeroCodes(missing.length, (this.#quantizer as Quantizer).bits);
        const from = content.codes as SegmentCodes;
        from.copy(missing, codes.data);
        const norms =
          from.norms.length > 0 ? Uint8Array.from(missing, (i) => from.norms[i]) : undefined;
        const vectors = content.vectors && gatherSlots(content.vectors, missing);
        finder.reserve(missing.length);
        finder.insert({ rows: missing.map((slot) => rows.rowAt(slot)), codes, norms, vectors });
      }
    }
  }

  #encode(unit: Matrix): Encoded | undefined {
    if (!this.#quantizer) return undefined;
    const codes = this.#quantizer.encode(unit, 'document');
    return { codes, norms: this.#quantizer.decoder?.encodeNorms(codes) };
  }

  /** Vectors that the index stores. */
  #kept(unit: Matrix): Matrix | undefined {
    return this.#createVectors ? unit : undefined;
  }

  #maintainWorn(): void {
    if (this.#finder?.isWorn) void this.maintain();
  }

  /** What it reads is the same until codes or the finder are others. */
  #reader(): IndexReader {
    this.#live ??= new IndexReader(this.#read());
    return this.#live;
  }

  #read(): ReadIndex {
    const rows = this.#rows;
    return {
      dimensions: this.dimensions,
      segments: rows.segments,
      quantizer: this.#quantizer,
      prefixBits: this.prefixBits,
      finder: this.#finder,
      source: isVectorSource(this.#storage) ? (this.#storage as VectorSource) : undefined,
      locate: (numbers) => rows.slotsOf(numbers),
    };
  }

  /** Finds by the codes that there are now, without a graph or lists, whatever changes later. */
  protected scanReader(): IndexReader {
    const segments = this.#rows.snapshot().map(({ content: { vectors, codes }, rows }) => ({
      content: { vectors, codes },
      rows,
    }));
    return new IndexReader({ ...this.#read(), segments, finder: undefined, locate: undefined });
  }

  #codesBy(task: string): Quantizer {
    if (this.#quantizer) return this.#quantizer;
    throw notSupported(
      `${task}: got an index without codes, expected one with a quantizer`,
      'Create it with a quantizer, or call encode first.',
    );
  }

  #checkFree(task: string): void {
    if (!this.#building && !this.#isEncoding) return;
    throw notSupported(
      `${task}: got an index that is being encoded or is given a finder`,
      'Wait for the promise of encode or attach.',
    );
  }

  #takeOver(vectors: VectorRows, codes: Codes | undefined): void {
    if (vectors.dimensions !== this.dimensions) {
      throw new BitryoshkaError({
        code: 'dimension-mismatch',
        message: `vectors: got ${vectors.dimensions} dimensions, expected ${this.dimensions}.`,
        remedy: 'Use vectors of one model and one dimension.',
      });
    }
    if (codes && codes.rows !== vectors.rows) {
      throw countMismatch(codes.rows, vectors.rows, 'Pass one code per vector.');
    }
    let done = 0;
    for (const part of vectors.split()) {
      const isKept = this.#storage === 'float32';
      const content = new IndexSegment(
        isKept ? part : this.#createVectors?.(this.dimensions),
        this.#layout,
      );
      for (const block of part.blocks()) {
        if (!isKept) content.vectors?.append(block);
        if (this.#quantizer) {
          const known = codes && codeRange(codes, done, done + block.rows);
          appendCodes(content, known ?? this.#quantizer.encode(block, 'document'), this.#quantizer);
        }
        done += block.rows;
      }
      this.#rows.adopt(content, part.rows);
    }
  }
}

/** An index behind a wall. */
class ReadOnlyIndex implements IndexView {
  readonly #index: BinaryIndex;

  constructor(index: BinaryIndex) {
    this.#index = index;
    Object.freeze(this);
  }

  get dimensions(): number {
    return this.#index.dimensions;
  }

  get rows(): number {
    return this.#index.rows;
  }

  has(row: RowId): boolean {
    return this.#index.has(row);
  }

  vector(row: RowId): Float32Array {
    return this.#index.vector(row);
  }

  search(query: ArrayLike<number>, options: SearchOptions): ScoredRow[] {
    return this.#index.search(query, options);
  }

  searchBatch(queries: Vectors, options: SearchOptions): ScoredRow[][] {
    return this.#index.searchBatch(queries, options);
  }

  searchAsync(query: ArrayLike<number>, options: AsyncSearchOptions): Promise<ScoredRow[]> {
    return this.#index.searchAsync(query, options);
  }

  *blocks(): Generator<Matrix> {
    yield* this.#index.blocks();
  }
}

/** Everything that is kept in a file of an index. */
export interface IndexContents {
  /** JSON that a class of its own keeps with the index. */
  readonly settings: unknown;
  readonly rows: SegmentedRows<IndexSegment>;
  readonly finder: Finder | undefined;
  readonly quantizer: Quantizer | undefined;
  readonly prefixBits: number;
  readonly isFetched: boolean;
}

interface Encoded {
  readonly codes: Codes;
  readonly norms: Uint8Array | undefined;
}

/** Fills the next slots with items `start` to `end` (exclusive). */
function write(
  content: IndexSegment,
  unit: Matrix,
  encoded: Encoded | undefined,
  start: number,
  end: number,
): void {
  // First what may fail, so that nothing was added then.
  content.vectors?.append(rowRange(unit, start, end));
  if (!encoded) return;
  content.codes?.append(codeRange(encoded.codes, start, end), encoded.norms?.subarray(start, end));
}

function appendCodes(content: IndexSegment, codes: Codes, { decoder }: Quantizer): void {
  content.codes?.append(codes, decoder?.encodeNorms(codes));
}

/** Room for codes of a quantizer. */
function codesFor({ bits, firstBits }: Quantizer, rows: number): Codes {
  return { ...zeroCodes(rows, bits), ...(firstBits !== undefined && { firstBits }) };
}

function stored({ vectors }: Pick<IndexSegment, 'vectors'>): StoredVectors {
  if (vectors) return vectors;
  throw notSupported(
    'got an index whose vectors are fetched, expected one that stores them',
    'Ask the source of the vectors.',
  );
}

/** The vectors from a slot to another (exclusive). */
function gather(vectors: StoredVectors, start: number, end: number): Matrix {
  const slots = Uint32Array.from({ length: end - start }, (_, i) => start + i);
  return gatherSlots(vectors, slots);
}

function gatherSlots(vectors: StoredVectors, slots: Uint32Array): Matrix {
  const gathered = zeros(slots.length, vectors.dimensions);
  for (let i = 0; i < slots.length; i++) rowOf(gathered, i).set(vectors.at(slots[i]));
  return gathered;
}

function rangeOf(vectors: Vectors, start: number, end: number): Vectors {
  return 'rows' in vectors ? rowRange(vectors as Matrix, start, end) : vectors.slice(start, end);
}

let written = new Float32Array(0);

/** Room for rows until they are written, the same for all: garbage of their size would be collected late. */
function writtenRows({ rows, columns }: Matrix): Matrix {
  if (written.length < rows * columns) {
    written = new Float32Array(Math.min(mostWritten, 2 * rows) * columns);
  }
  return { rows, columns, data: written.subarray(0, rows * columns) };
}

/** @throws BitryoshkaError `invalid-option` unless the prefix is whole bytes of a code, all of it at most */
function layoutOf({ bits, firstBits }: Quantizer, given: number): CodeLayout {
  checkCount('prefixBits', given, 0);
  // Of codes in two parts, only the first can be scanned.
  const prefixBits = given === 0 ? (firstBits ?? 0) : given;
  const most = firstBits ?? bits;
  if (prefixBits % 8 === 0 && prefixBits <= most) {
    return { bytesPerCode: bytesPerCode(bits), prefixBits };
  }
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `prefixBits: got ${prefixBits}, expected a multiple of 8 up to the ${most} bits of a code.`,
    remedy: 'Correct prefixBits, or leave it out.',
  });
}

function checkFits({ inputDimensions }: Quantizer, dimensions: number): void {
  if (inputDimensions === dimensions) return;
  throw new BitryoshkaError({
    code: 'dimension-mismatch',
    message: `quantizer: got one for ${inputDimensions} dimensions, expected ${dimensions}.`,
    remedy: 'Use a quantizer that was fitted to vectors of this model.',
  });
}

function countMismatch(codes: number, vectors: number, remedy: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'dimension-mismatch',
    message: `got ${codes} codes for ${vectors} vectors.`,
    remedy,
  });
}

function notSupported(message: string, remedy: string): BitryoshkaError {
  return new BitryoshkaError({ code: 'not-supported', message: `${message}.`, remedy });
}
