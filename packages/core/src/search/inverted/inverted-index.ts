import { bytesPerCode } from '../../codes/codes.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { checkNotEmpty, row as rowAt, selectRows, toMatrix, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import type { Candidates } from '../candidates.ts';
import { scoredRows } from '../candidates.ts';
import { checkCount } from '../check-count.ts';
import { checkRows } from '../check-rows.ts';
import { checkTargetRecall } from '../check-target-recall.ts';
import type { AsyncSearchOptions, FlatSearchOptions } from '../code-search.ts';
import type { NormStorage } from '../norm-storage.ts';
import { checkNormStorage } from '../norm-storage.ts';
import { checkPrefixBits } from '../prefix-bits.ts';
import { RerankedRows } from '../reranked-rows.ts';
import type { ResolvedDepth } from '../search-depth.ts';
import { resolveDepth } from '../search-depth.ts';
import type { ScoredRow } from '../top-rows.ts';
import { unitQuery } from '../unit-query.ts';
import type { VectorIndex } from '../vector-index.ts';
import type { VectorStorage } from '../vector-storage.ts';
import { balancedKMeans } from './balanced-k-means.ts';
import type { Centroids, ClusteredItems } from './centroids.ts';
import type { CentroidsOption } from './create-centroids.ts';
import { createCentroids } from './create-centroids.ts';
import { InvertedLists } from './inverted-lists.ts';
import { ListSearch } from './list-search.ts';
import { OvergrownLists } from './overgrown-lists.ts';

export interface InvertedIndexOptions extends TaskOptions {
  /** How many lists. Default: the square root of the number of vectors that it is built for. */
  readonly lists?: number | undefined;
  /** How many vectors are expected, for the default of `lists`. Default: as many as are given to learn. */
  readonly expected?: number | undefined;
  /**
   * What is clustered: `codes`, which is quick, or `vectors`, which finds more per list and needs stored
   * vectors for lists to be split. Or centroids of another kind. Default: `vectors`.
   */
  readonly centroids?: CentroidsOption | undefined;
  /**
   * In how many lists a vector is. With 2, half as many lists or fewer hold as many neighbours of queries that are
   * unlike the vectors; every code is kept twice. For centroids of vectors, two or more. Default: 1.
   */
  readonly copies?: 1 | 2 | undefined;
  /** As for `FlatIndex`: it pays here as well. Default: none. */
  readonly prefixBits?: number | undefined;
  /** Where the vectors are kept that re-ranking reads. Default: `float32`, in memory. */
  readonly storage?: VectorStorage | undefined;
  /** As for `FlatIndex`. Default: `stored`. */
  readonly norms?: NormStorage | undefined;
  /** Same vectors, options and seed: same lists. Default: 0. */
  readonly seed?: number | undefined;
}

export interface InvertedSearchOptions extends FlatSearchOptions {
  /** Lists to look through. Default: what `chooseProbes` chose, or an eighth of the lists, at least 8. */
  readonly probes?: number | undefined;
}

export interface ProbeOptions {
  /** The share of what a search of all lists finds. */
  readonly targetRecall: number;
  /** Neighbours that are wanted. Default: 10. */
  readonly k?: number | undefined;
}

/** What an index is made with, and those of parts of it. */
type IndexSettings = Pick<InvertedIndexOptions, 'copies' | 'prefixBits' | 'storage' | 'norms'>;

/** Vectors to learn centroids from, for each of them. */
const samplesPerList = 64;

/**
 * Binary codes in lists, one per cluster, of which a search looks through the nearest few. For millions of
 * vectors; it finds what `FlatIndex` finds as far as that is in these lists, but for codes at the very
 * distance where the scan ends.
 */
export class InvertedIndex implements VectorIndex {
  readonly quantizer: Quantizer;
  readonly #centroids: Centroids;
  readonly #settings: IndexSettings;
  readonly #lists: InvertedLists;
  readonly #rows: RerankedRows;
  #probes: number | undefined;
  readonly #search: ListSearch;
  readonly #overgrown: OvergrownLists;
  #maintaining: Promise<void> | undefined;

  private constructor(quantizer: Quantizer, centroids: Centroids, settings: IndexSettings) {
    const { copies = 1, prefixBits = 0, storage = 'float32', norms = 'stored' } = settings;
    this.quantizer = quantizer;
    this.#centroids = centroids;
    this.#settings = settings;
    this.#rows = new RerankedRows(quantizer.inputDimensions, storage);
    this.#lists = new InvertedLists({
      bytesPerCode: bytesPerCode(quantizer.bits),
      prefixBits,
      hasNorms: norms === 'stored' && quantizer.decoder !== undefined,
      copies,
    });
    while (this.#lists.count < centroids.count) this.#lists.addList();
    const listed = { quantizer, centroids, lists: this.#lists, rows: this.#rows.segmented };
    this.#search = new ListSearch(listed);
    this.#overgrown = new OvergrownLists(listed, !this.#rows.isFetched);
  }

  /**
   * An empty index, with lists that were learned from a sample of such vectors as will be added.
   *
   * @throws BitryoshkaError `dimension-mismatch`, `not-finite`, `empty-input`, `invalid-option`, or
   *   `not-enough-vectors` for fewer vectors than lists
   */
  static async train(
    vectors: Vectors,
    quantizer: Quantizer,
    options: InvertedIndexOptions = {},
  ): Promise<InvertedIndex> {
    const all = toMatrix(vectors, { columns: quantizer.inputDimensions });
    checkNotEmpty(all);
    const { expected = all.rows, copies, prefixBits, storage, norms, seed = 0 } = options;
    const { signal, onProgress } = options;
    const { lists = Math.max(1, Math.round(Math.sqrt(expected))), centroids = 'vectors' } = options;
    checkCount('lists', lists, 1);
    if (norms !== undefined) checkNormStorage(norms);
    if (prefixBits !== undefined) checkPrefixBits(prefixBits, quantizer.bits);
    if (all.rows < lists) {
      throw new BitryoshkaError({
        code: 'not-enough-vectors',
        message: `got ${all.rows} vectors for ${lists} lists, expected one per list or more.`,
        remedy: 'Give more vectors, or ask for fewer lists.',
      });
    }
    const random = seededRandom(seed);
    const sample = sampleIndices(all.rows, lists * samplesPerList, random);
    const unit = normalizeRows(selectRows(all, sample));
    const items = { codes: quantizer.encode(unit, 'document'), vectors: unit };
    const empty = createCentroids(centroids, quantizer);
    checkCopies(copies, lists, empty);
    await balancedKMeans(empty, items, { lists, seed, signal, onProgress });
    return new InvertedIndex(quantizer, empty, { copies, prefixBits, storage, norms });
  }

  get dimensions(): number {
    return this.quantizer.inputDimensions;
  }

  get rows(): number {
    return this.#rows.segmented.count;
  }

  /** How many lists there are. */
  get lists(): number {
    return this.#lists.count;
  }

  /** Rows by list: each is counted in all of its lists. */
  listSizes(): number[] {
    return Array.from({ length: this.lists }, (_, list) => this.#lists.size(list));
  }

  add(vectors: Vectors): number {
    const unit = normalizeRows(toMatrix(vectors, { columns: this.dimensions }));
    const items = this.#encode(unit);
    const first = this.#rows.append(unit);
    this.#insert(items, (i) => first + i);
    return first;
  }

  update(row: number, vector: ArrayLike<number>): void {
    const unit = normalizeRows(toMatrix([vector], { columns: this.dimensions }));
    const items = this.#encode(unit);
    this.#rows.update(row, unit);
    this.#lists.remove(row);
    this.#insert(items, () => row);
  }

  delete(rows: Iterable<number>): number {
    let deleted = 0;
    for (const row of checkRows(rows)) {
      if (!this.#rows.segmented.delete(row)) continue;
      this.#lists.remove(row);
      deleted++;
    }
    return deleted;
  }

  has(row: number): boolean {
    return this.#rows.segmented.find(row) !== undefined;
  }

  search(query: ArrayLike<number>, options: InvertedSearchOptions): ScoredRow[] {
    const { depth, unit } = this.#begin(query, options);
    if (depth.rerank) this.#rows.checkStored();
    if (depth.rerank && depth.scoring !== 'symmetric' && depth.margin === Infinity) {
      // All of them are scored with their vectors: nobody asks for their order.
      const { allowed, probes = this.#probes } = options;
      return this.#rows.bestOfSlots(
        this.#search.slots(unit, depth, probes, allowed),
        depth.k,
        unit,
      );
    }
    const candidates = this.#candidates(unit, depth, options);
    if (!depth.rerank) return scoredRows(this.#rows.segmented.segments, candidates);
    return this.#rows.best(candidates, depth, unit);
  }

  /**
   * The same for vectors that are fetched.
   *
   * @throws BitryoshkaError as `search`; what `fetchVectors` throws is passed on
   */
  async searchAsync(
    query: ArrayLike<number>,
    options: AsyncSearchOptions & InvertedSearchOptions,
  ): Promise<ScoredRow[]> {
    if (!this.#rows.isFetched || options.rerank === 0) return this.search(query, options);
    const { depth, unit } = this.#begin(query, options);
    const candidates = this.#candidates(unit, depth, options);
    return this.#rows.bestFetched(candidates, depth, unit, options.signal);
  }

  /**
   * Chooses how many lists a search looks through, so that on the given queries it finds a share of what a
   * search of all lists finds; searches use it from then on.
   *
   * @param queries that no centroid was learned from
   * @returns how many lists
   */
  chooseProbes(queries: Vectors, { targetRecall, k = 10 }: ProbeOptions): number {
    const asked = toMatrix(queries, { columns: this.dimensions, name: 'queries' });
    checkNotEmpty(asked, 'queries');
    checkTargetRecall(targetRecall);
    // By number of lists: the neighbours that are in the last of them.
    const found = new Uint32Array(this.lists);
    let total = 0;
    const rerank = this.#rows.isFetched ? 0 : undefined;
    for (let i = 0; i < asked.rows; i++) {
      const query = rowAt(asked, i);
      const order = this.#search.nearestLists(unitQuery(query, this.dimensions), this.lists);
      const rank = new Map(Array.from(order, (list, position) => [list, position]));
      for (const { row } of this.search(query, { k, probes: this.lists, rerank })) {
        const ranks = this.#lists.listsOf(row).map((list) => rank.get(list) as number);
        found[Math.min(...ranks)]++;
        total++;
      }
    }
    let sum = 0;
    const last = found.findIndex((count) => {
      sum += count;
      return sum >= targetRecall * total;
    });
    this.#probes = last + 1;
    return this.#probes;
  }

  /** Splits overgrown lists, one per turn. Additions start it by themselves; await it to be sure. */
  maintain(options: TaskOptions = {}): Promise<void> {
    this.#maintaining ??= this.#overgrown.splitAll(options).finally(() => {
      this.#maintaining = undefined;
    });
    return this.#maintaining;
  }

  vector(row: number): Float32Array {
    return this.#rows.vector(row);
  }

  select(rows: ArrayLike<number>): InvertedIndex {
    const selected = new InvertedIndex(this.quantizer, this.#centroids, this.#settings);
    const vectors = zeros(rows.length, this.dimensions);
    for (let i = 0; i < rows.length; i++) rowAt(vectors, i).set(this.vector(rows[i]));
    selected.add(vectors);
    return selected;
  }

  blocks(): Iterable<Matrix> {
    return this.#rows.blocks();
  }

  #begin(query: ArrayLike<number>, options: InvertedSearchOptions) {
    const hasDecoder = this.quantizer.decoder !== undefined;
    const depth = resolveDepth(options, { hasDecoder, hasPrefixes: this.#lists.prefixBits > 0 });
    if (options.probes !== undefined) checkCount('probes', options.probes, 1);
    return { depth, unit: unitQuery(query, this.dimensions) };
  }

  #candidates(
    unit: Float32Array,
    depth: ResolvedDepth,
    { allowed, probes }: InvertedSearchOptions,
  ): Candidates {
    return this.#search.candidates(unit, depth, probes ?? this.#probes, allowed);
  }

  #encode(unit: Matrix): ClusteredItems {
    return { codes: this.quantizer.encode(unit, 'document'), vectors: unit };
  }

  #insert(items: ClusteredItems, rowOfItem: (item: number) => number): void {
    if (items.codes.rows === 0) return;
    const { bytesPerCode: bytes, data } = items.codes;
    const norms = this.#lists.encodeNorms(items.codes, this.quantizer);
    const { copies } = this.#lists;
    const lists =
      copies === 1 ? this.#centroids.assign(items) : this.#centroids.assignTwice?.(items);
    for (let i = 0; lists && i < items.codes.rows; i++) {
      const code = data.subarray(i * bytes, (i + 1) * bytes);
      for (let copy = 0; copy < copies; copy++) {
        const list = lists[i * copies + copy];
        this.#lists.push(list, { row: rowOfItem(i), copy, code, norm: norms?.[i] ?? 0 });
        this.#overgrown.note(list);
      }
    }
    if (this.#overgrown.count > 0) void this.maintain();
  }
}

/** @throws BitryoshkaError `invalid-option` */
function checkCopies(copies: number | undefined, lists: number, centroids: Centroids): void {
  if (copies === undefined || copies === 1) return;
  if (copies === 2 && lists > 1 && centroids.assignTwice) return;
  const able = centroids.assignTwice ? 'two lists or more' : 'centroids of vectors';
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `copies: got ${copies}, expected 1, or 2 with ${able}.`,
    remedy: 'Leave copies out.',
  });
}
