import type { Codes } from '../../codes/codes.ts';
import { bytesPerCode } from '../../codes/codes.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { checkNotEmpty, row as rowAt, selectRows, toMatrix, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import { aliveBlocks } from '../alive-blocks.ts';
import { bestCandidates } from '../best-candidates.ts';
import type { Candidates } from '../candidates.ts';
import { scoredRows, scorePlaces } from '../candidates.ts';
import { checkCount } from '../check-count.ts';
import { codeScorer, project } from '../code-scoring.ts';
import type { AsyncSearchOptions, FlatSearchOptions } from '../code-search.ts';
import type { NormStorage } from '../norm-storage.ts';
import { checkNormStorage } from '../norm-storage.ts';
import { fetchedScores, rerank, rerankAsync } from '../rerank.ts';
import type { RowSet } from '../row-set.ts';
import type { ResolvedDepth } from '../search-depth.ts';
import { resolveDepth } from '../search-depth.ts';
import { segmentSlots } from '../segment-rows.ts';
import type { SegmentContent } from '../segmented-rows.ts';
import { SegmentedRows } from '../segmented-rows.ts';
import type { StoredVectors } from '../stored-vectors.ts';
import type { ScoredRow } from '../top-rows.ts';
import { TopRows } from '../top-rows.ts';
import { unitQuery } from '../unit-query.ts';
import type { VectorIndex } from '../vector-index.ts';
import type { VectorStorage } from '../vector-storage.ts';
import { isVectorSource, storedVectorsFactory } from '../vector-storage.ts';
import { balancedKMeans, groupByCluster } from './balanced-k-means.ts';
import type { Centroids, ClusteredItems } from './centroids.ts';
import { CodeCentroids } from './code-centroids.ts';
import { InvertedLists, memorySlots } from './inverted-lists.ts';
import { VectorCentroids } from './vector-centroids.ts';

export interface InvertedIndexOptions extends TaskOptions {
  /** How many lists. Default: the square root of the number of vectors that it is built for. */
  readonly lists?: number | undefined;
  /** How many vectors are expected, for the default of `lists`. Default: as many as are given to learn. */
  readonly expected?: number | undefined;
  /**
   * What is clustered: `codes`, which is quick, or `vectors`, which finds more per list and needs stored
   * vectors for lists to be split. Or centroids of another kind. Default: `vectors`.
   */
  readonly centroids?: 'codes' | 'vectors' | Centroids | undefined;
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

/** Vectors to learn centroids from, for each of them. */
const samplesPerList = 64;
/** A list is split when it has so many times as many rows as there are per list, and at least this many. */
const overgrown = 3;
const fewestToSplit = 512;

/** The vectors of rows, if they are stored at all. */
class VectorContent implements SegmentContent<VectorContent> {
  readonly vectors: StoredVectors | undefined;

  constructor(vectors: StoredVectors | undefined) {
    this.vectors = vectors;
  }

  appendFrom(other: VectorContent, slots: ArrayLike<number>): void {
    if (other.vectors) this.vectors?.appendFrom(other.vectors, slots);
  }
}

/**
 * Binary codes in lists, one per cluster, of which a search looks through the nearest few. For millions of
 * vectors; it finds what `FlatIndex` finds as far as that is in these lists, but for codes at the very
 * distance where the scan ends.
 */
export class InvertedIndex implements VectorIndex {
  readonly quantizer: Quantizer;
  readonly #centroids: Centroids;
  readonly #needsVectors: boolean;
  readonly #storage: VectorStorage;
  readonly #norms: NormStorage;
  readonly #lists: InvertedLists;
  readonly #rows: SegmentedRows<VectorContent>;
  readonly #seed: number;
  #probes: number | undefined;
  /** Lists that have grown too large and wait to be split. */
  readonly #waiting: Set<number> = new Set();
  #maintaining: Promise<void> | undefined;

  private constructor(
    quantizer: Quantizer,
    centroids: Centroids,
    {
      storage = 'float32',
      norms = 'stored',
      seed = 0,
    }: Pick<InvertedIndexOptions, 'storage' | 'norms' | 'seed'>,
  ) {
    this.quantizer = quantizer;
    this.#centroids = centroids;
    this.#needsVectors = !(centroids instanceof CodeCentroids);
    this.#storage = storage;
    this.#norms = norms;
    this.#seed = seed;
    const create = storedVectorsFactory(storage);
    this.#rows = new SegmentedRows(() => new VectorContent(create?.(quantizer.inputDimensions)));
    this.#lists = new InvertedLists({
      bytesPerCode: bytesPerCode(quantizer.bits),
      hasNorms: norms === 'stored' && quantizer.decoder !== undefined,
    });
    while (this.#lists.count < centroids.count) this.#lists.addList();
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
    const { expected = all.rows, seed = 0, storage, norms, signal, onProgress } = options;
    const { lists = Math.max(1, Math.round(Math.sqrt(expected))), centroids = 'vectors' } = options;
    checkCount('lists', lists, 1);
    if (norms !== undefined) checkNormStorage(norms);
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
    await balancedKMeans(empty, items, { lists, seed, signal, onProgress });
    return new InvertedIndex(quantizer, empty, { storage, norms, seed });
  }

  get dimensions(): number {
    return this.quantizer.inputDimensions;
  }

  get rows(): number {
    return this.#rows.count;
  }

  /** How many lists there are. */
  get lists(): number {
    return this.#lists.count;
  }

  /** Rows by list. */
  listSizes(): number[] {
    return Array.from({ length: this.lists }, (_, list) => this.#lists.size(list));
  }

  add(vectors: Vectors): number {
    const unit = normalizeRows(toMatrix(vectors, { columns: this.dimensions }));
    const items = this.#encode(unit);
    const first = this.#rows.append(unit.rows, (content, start, end) => {
      const { columns, data } = unit;
      const range = data.subarray(start * columns, end * columns);
      content.vectors?.append({ rows: end - start, columns, data: range });
    });
    this.#insert(items, (i) => first + i);
    return first;
  }

  update(row: number, vector: ArrayLike<number>): void {
    const unit = normalizeRows(toMatrix([vector], { columns: this.dimensions }));
    const items = this.#encode(unit);
    this.#rows.update(row, ({ vectors }) => vectors?.append(unit));
    this.#lists.remove(row);
    this.#insert(items, () => row);
  }

  delete(rows: Iterable<number>): number {
    let deleted = 0;
    for (const row of rows) {
      if (!this.#rows.delete(row)) continue;
      this.#lists.remove(row);
      deleted++;
    }
    return deleted;
  }

  has(row: number): boolean {
    return this.#rows.find(row) !== undefined;
  }

  search(query: ArrayLike<number>, options: InvertedSearchOptions): ScoredRow[] {
    const { depth, unit } = this.#begin(query, options);
    const candidates = this.#candidates(unit, depth, options);
    if (!depth.rerank) return scoredRows(this.#rows.segments, candidates);
    this.#checkStored();
    const { segments } = this.#rows;
    return scoredRows(
      this.#rows.segments,
      rerank(candidates, depth, (places) =>
        scorePlaces(segments, places, ({ vectors }, slots) =>
          (vectors as StoredVectors).scores(slots, unit),
        ),
      ),
    );
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
    const source = this.#storage;
    if (!isVectorSource(source) || options.rerank === 0) return this.search(query, options);
    const { depth, unit } = this.#begin(query, options);
    const candidates = this.#candidates(unit, depth, options);
    // The rows of the candidates now: while vectors are fetched, others may take their places.
    const found = scoredRows(this.#rows.segments, candidates);
    const rowOf = new Map(found.map(({ row }, i) => [candidates.places[i], row]));
    const rowsOf = (places: Float64Array) => Array.from(places, (place) => rowOf.get(place)!);
    const best = await rerankAsync(candidates, depth, (places) =>
      fetchedScores(source, rowsOf(places), unit, options.signal),
    );
    return rowsOf(best.places).map((row, i) => ({ row, score: best.scores[i] }));
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
    if (!(targetRecall > 0 && targetRecall <= 1)) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `targetRecall: got ${targetRecall}, expected a number above 0, up to 1.`,
        remedy: 'Correct targetRecall.',
      });
    }
    // By number of lists: the neighbours that are in the last of them.
    const found = new Uint32Array(this.lists);
    let total = 0;
    const rerank = isVectorSource(this.#storage) ? 0 : undefined;
    for (let i = 0; i < asked.rows; i++) {
      const query = rowAt(asked, i);
      const order = this.#nearestLists(unitQuery(query, this.dimensions), this.lists);
      const rank = new Map(Array.from(order, (list, position) => [list, position]));
      for (const { row } of this.search(query, { k, probes: this.lists, rerank })) {
        found[rank.get(this.#lists.listAt(this.#lists.placeOf(row) as number)) as number]++;
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
    this.#maintaining ??= this.#splitAll(options).finally(() => {
      this.#maintaining = undefined;
    });
    return this.#maintaining;
  }

  vector(row: number): Float32Array {
    this.#checkStored();
    const { content, slot } = this.#rows.at(row);
    return (content.vectors as StoredVectors).at(slot);
  }

  select(rows: ArrayLike<number>): InvertedIndex {
    const { quantizer } = this;
    const options = { storage: this.#storage, norms: this.#norms, seed: this.#seed };
    const selected = new InvertedIndex(quantizer, this.#centroids, options);
    const vectors = zeros(rows.length, this.dimensions);
    for (let i = 0; i < rows.length; i++) rowAt(vectors, i).set(this.vector(rows[i]));
    selected.add(vectors);
    return selected;
  }

  blocks(): Iterable<Matrix> {
    this.#checkStored();
    return aliveBlocks(this.#rows.segments, ({ vectors }) => vectors as StoredVectors);
  }

  #begin(query: ArrayLike<number>, options: InvertedSearchOptions) {
    const hasDecoder = this.quantizer.decoder !== undefined;
    const depth = resolveDepth(options, { hasDecoder, hasPrefixes: false });
    if (options.probes !== undefined) checkCount('probes', options.probes, 1);
    return { depth, unit: unitQuery(query, this.dimensions) };
  }

  /** Rows, best first, from as many lists as hold `k` of them. */
  #candidates(
    unit: Float32Array,
    depth: ResolvedDepth,
    { allowed, probes }: InvertedSearchOptions,
  ): Candidates {
    const wanted = Math.min(depth.k, allowed?.size ?? Infinity, this.rows);
    let lists = Math.min(this.lists, probes ?? this.#probes ?? defaultProbes(this.lists));
    for (;;) {
      const found = this.#candidatesIn(this.#nearestLists(unit, lists), unit, depth, allowed);
      if (found.places.length >= wanted || lists === this.lists) return found;
      lists = Math.min(this.lists, 4 * lists);
    }
  }

  #candidatesIn(
    lists: ArrayLike<number>,
    unit: Float32Array,
    { scoring, queryDigits, candidates, scored }: ResolvedDepth,
    allowed: RowSet | undefined,
  ): Candidates {
    const { quantizer } = this;
    const { places, distances } = this.#scan(lists, unit, candidates, allowed);
    // The angle between two vectors is about π times the share of bits in which their codes differ.
    const angle = Math.PI / quantizer.bits;
    const scores =
      scoring === 'symmetric'
        ? Float64Array.from(distances, (distance) => Math.cos(angle * distance))
        : scorePlaces(
            this.#lists.memories.map((content) => ({ content })),
            Float64Array.from(places),
            codeScorer(
              quantizer,
              { unit, projection: project(quantizer, unit) },
              { scoring, queryDigits, scored },
            ),
            memorySlots,
          );
    // Which rows they are is looked up for those alone that may be among the best.
    const top = new TopRows(scored);
    for (const [i, score] of scores.entries()) top.offer(i, score);
    const kept = places.map((_, i) => i).filter((i) => scores[i] >= top.lowest);
    return bestCandidates(
      this.#rowPlaces(kept.map((i) => places[i])),
      Float64Array.from(kept, (i) => scores[i]),
      scored,
    );
  }

  /** The nearest codes in some lists, in any order. */
  #scan(
    lists: ArrayLike<number>,
    unit: Float32Array,
    count: number,
    allowed: RowSet | undefined,
  ): { readonly places: number[]; readonly distances: number[] } {
    const code = this.quantizer.encode([unit], 'query').data;
    const places: number[] = [];
    const distances: number[] = [];
    let below: number | undefined;
    for (const [ordinal, ranges] of this.#lists.ranges(lists).entries()) {
      if (ranges.length === 0) continue;
      const { codes, rows } = this.#lists.memories[ordinal];
      const mask = allowed && maskOf(ranges, rows, allowed);
      const found = codes.nearest(code, count, mask, { ranges, below });
      // Nothing as far as the last of so many is of interest any more.
      if (found.rows.length === count) below = found.distances[count - 1];
      for (const [i, slot] of found.rows.entries()) {
        places.push(ordinal * memorySlots + slot);
        distances.push(found.distances[i]);
      }
    }
    if (places.length <= count) return { places, distances };
    const order = places.map((_, i) => i).sort((a, b) => distances[a] - distances[b] || a - b);
    const kept = order.slice(0, count);
    return { places: kept.map((i) => places[i]), distances: kept.map((i) => distances[i]) };
  }

  #nearestLists(unit: Float32Array, count: number): ArrayLike<number> {
    const projection = () => this.quantizer.project([unit], 'query').data;
    return this.#centroids.nearest({ unit, projection }, count);
  }

  /** From places of codes to those of rows, whose order is that of writing. */
  #rowPlaces(places: readonly number[]): Float64Array {
    const rowPlaces = new Float64Array(places.length);
    for (const [i, place] of places.entries()) {
      const { ordinal, slot } = this.#rows.find(this.#lists.rowAt(place))!;
      rowPlaces[i] = ordinal * segmentSlots + slot;
    }
    return rowPlaces;
  }

  #encode(unit: Matrix): ClusteredItems {
    return { codes: this.quantizer.encode(unit, 'document'), vectors: unit };
  }

  #insert(items: ClusteredItems, rowOfItem: (item: number) => number): void {
    if (items.codes.rows === 0) return;
    const { bytesPerCode: bytes, data } = items.codes;
    const norms = this.#encodeNorms(items.codes);
    for (const [i, list] of this.#centroids.assign(items).entries()) {
      const code = data.subarray(i * bytes, (i + 1) * bytes);
      this.#lists.push(list, rowOfItem(i), code, norms?.[i] ?? 0);
      if (this.#isOvergrown(list)) this.#waiting.add(list);
    }
    if (this.#waiting.size > 0) void this.maintain();
  }

  #isOvergrown(list: number): boolean {
    const size = this.#lists.size(list);
    return size >= fewestToSplit && size > overgrown * (this.rows / this.lists);
  }

  async #splitAll(options: TaskOptions): Promise<void> {
    for (let done = 0; this.#waiting.size > 0; done++) {
      const total = done + this.#waiting.size;
      await checkpoint(options, { stage: 'split', done, total });
      const [list] = this.#waiting;
      this.#waiting.delete(list);
      if (this.#isOvergrown(list) && this.#canSplit()) await this.#split(list);
    }
  }

  #canSplit(): boolean {
    return !this.#needsVectors || !isVectorSource(this.#storage);
  }

  async #split(list: number): Promise<void> {
    const before = this.#lists.members(list);
    const { bits } = this.quantizer;
    const bytes = bytesPerCode(bits);
    const codes = { rows: before.rows.length, bits, bytesPerCode: bytes, data: before.codes };
    const items = { codes, vectors: this.#needsVectors ? this.#gather(before.rows) : undefined };
    const halves = this.#centroids.createEmpty();
    const assigned = await balancedKMeans(halves, items, { lists: 2, iterations: 5, seed: list });
    const members = groupByCluster(assigned, 2);
    if (members.some((half) => half.length === 0)) return;
    const added = this.#lists.addList();
    this.#centroids.place(list, items, members[0]);
    this.#centroids.place(added, items, members[1]);
    const norms = this.#encodeNorms(codes);
    for (const item of members[1]) {
      const row = before.rows[item];
      const code = before.codes.subarray(item * bytes, (item + 1) * bytes);
      // Rows that went or changed while the halves were computed are where they belong.
      if (!this.#lists.holds(list, row, code)) continue;
      this.#lists.remove(row);
      this.#lists.push(added, row, code, norms?.[item] ?? 0);
    }
  }

  /** Lengths to keep, if any are kept. */
  #encodeNorms(codes: Codes): Uint8Array | undefined {
    if (this.#norms === 'computed') return undefined;
    return this.quantizer.decoder?.encodeNorms(codes);
  }

  #gather(rows: Uint32Array): Matrix {
    const vectors = zeros(rows.length, this.dimensions);
    for (const [i, row] of rows.entries()) rowAt(vectors, i).set(this.vector(row));
    return vectors;
  }

  #checkStored(): void {
    if (!isVectorSource(this.#storage)) return;
    throw new BitryoshkaError({
      code: 'not-supported',
      message: 'got an index whose vectors are fetched, expected one that stores them.',
      remedy: 'Call searchAsync, search with rerank: 0, or ask the source of the vectors.',
    });
  }
}

function createCentroids(
  kind: NonNullable<InvertedIndexOptions['centroids']>,
  quantizer: Quantizer,
): Centroids {
  if (kind === 'codes') return new CodeCentroids(quantizer.bits, bytesPerCode(quantizer.bits));
  if (kind === 'vectors') return new VectorCentroids(quantizer.inputDimensions);
  if (typeof kind === 'object' && kind.count === 0) return kind;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `centroids: got ${JSON.stringify(kind)}, expected codes, vectors or an empty set of centroids.`,
    remedy: 'Correct centroids.',
  });
}

function maskOf(ranges: Uint32Array, rows: Uint32Array, allowed: RowSet): Uint8Array {
  const mask = new Uint8Array(Math.ceil(rows.length / 8));
  for (let r = 0; r < ranges.length; r += 2) {
    for (let slot = ranges[r]; slot < ranges[r + 1]; slot++) {
      if (allowed.has(rows[slot])) mask[slot >> 3] |= 1 << (slot & 7);
    }
  }
  return mask;
}

function defaultProbes(lists: number): number {
  return Math.max(8, Math.ceil(lists / 8));
}
