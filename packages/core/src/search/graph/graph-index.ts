import { bytesPerCode } from '../../codes/codes.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import type { Quantizer } from '../../quantizers/quantizer.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { checkNotEmpty, row as rowAt, rowRange, toMatrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { scoredRows } from '../candidates.ts';
import { checkCount } from '../check-count.ts';
import { checkRows } from '../check-rows.ts';
import { checkTargetRecall } from '../check-target-recall.ts';
import { RerankedRows } from '../reranked-rows.ts';
import type { SearchDepth } from '../search-depth.ts';
import { resolveDepth } from '../search-depth.ts';
import { mostWritten } from '../segmented-rows.ts';
import type { ScoredRow } from '../top-rows.ts';
import { unitQuery } from '../unit-query.ts';
import type { SearchOptions, VectorIndex } from '../vector-index.ts';
import type { VectorStorage } from '../vector-storage.ts';
import { GraphNodes } from './graph-nodes.ts';
import { GraphSearch } from './graph-search.ts';

export interface GraphIndexOptions {
  /**
   * With how many others a code is linked at most, an even number from 4 up: four bytes for each. More find
   * more in as many steps, of which each takes longer. Default: 32.
   */
  readonly links?: number | undefined;
  /**
   * How many near codes are looked at to link a new one: more find better links, in more time. Default: 64.
   */
  readonly linkCandidates?: number | undefined;
  /** Where the vectors are kept that re-ranking reads. Default: `float32`, in memory. */
  readonly storage?: VectorStorage | undefined;
}

export interface GraphSearchOptions extends SearchOptions, Pick<SearchDepth, 'rerank' | 'margin'> {
  /** Default: `decoded` where the quantizer has a decoder that works bit by bit, otherwise `asymmetric`. */
  readonly scoring?: 'asymmetric' | 'decoded' | undefined;
  /**
   * Rows that a walk keeps in mind, at least those that are re-ranked: more find more. Default: what
   * `chooseCandidates` chose, or twice as many as are re-ranked.
   */
  readonly candidates?: number | undefined;
  /** Stops waiting for vectors that are fetched. */
  readonly signal?: AbortSignal | undefined;
}

export interface CandidatesOptions {
  /** The share of what a search of all codes finds. */
  readonly targetRecall: number;
  /** Neighbours that are wanted. Default: 10. */
  readonly k?: number | undefined;
  /** Rows that are scored with their vectors. Default: as for searches. */
  readonly rerank?: number | undefined;
}

const defaults = { links: 32, linkCandidates: 64 };

/** Times the rows that are re-ranked: what `chooseCandidates` tries. */
const triedShares = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12, 16, 24, 32];

/**
 * Binary codes in a graph, each linked with near ones: a search walks along the links and looks at a few thousand
 * codes, however many there are. It finds what `FlatIndex` finds but for what a walk misses, in a fraction of
 * the time; links take as much memory again as long codes, and are made while vectors are added. A walk waits for
 * memory more than it counts, and waits no longer for 512 bits than for 64: give it codes as long, such as `random`
 * makes of vectors of fewer dimensions as well.
 */
export class GraphIndex implements VectorIndex {
  readonly quantizer: Quantizer;
  readonly #options: GraphIndexOptions;
  readonly #nodes: GraphNodes;
  readonly #rows: RerankedRows;
  readonly #search: GraphSearch;
  /** Of a decoder whose values belong to bits. */
  readonly #hasDecoder: boolean;
  /** For each row that is re-ranked. */
  #candidatesShare = 2;
  #maintaining: Promise<void> | undefined;

  /** @throws BitryoshkaError `invalid-option` */
  constructor(quantizer: Quantizer, options: GraphIndexOptions = {}) {
    const { links = defaults.links, linkCandidates = defaults.linkCandidates } = options;
    const { storage = 'float32' } = options;
    checkCount('links', links, 4);
    checkCount('linkCandidates', linkCandidates, 1);
    if (links % 2 !== 0) {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: `links: got ${links}, expected an even number.`,
        remedy: `Use ${links + 1}.`,
      });
    }
    this.quantizer = quantizer;
    this.#options = options;
    this.#rows = new RerankedRows(quantizer.inputDimensions, storage, (row, position) =>
      this.#nodes.move(row, position),
    );
    const { decoder } = quantizer;
    this.#hasDecoder =
      decoder !== undefined && 'values' in decoder.query(new Float32Array(this.dimensions));
    this.#nodes = new GraphNodes(
      { bytesPerCode: bytesPerCode(quantizer.bits), links, effort: linkCandidates },
      this.#hasDecoder,
    );
    this.#search = new GraphSearch({ quantizer, nodes: this.#nodes, rows: this.#rows.segmented });
  }

  get dimensions(): number {
    return this.quantizer.inputDimensions;
  }

  get rows(): number {
    return this.#rows.segmented.count;
  }

  /** @throws BitryoshkaError also `not-supported` for more vectors than one graph can hold */
  add(vectors: Vectors): number {
    const matrix = toMatrix(vectors, { columns: this.dimensions });
    this.#nodes.reserve(matrix.rows);
    const unit = normalizeRows(matrix);
    const first = this.#rows.append(unit);
    for (let start = 0; start < unit.rows; start += mostWritten) {
      const block = rowRange(unit, start, Math.min(unit.rows, start + mostWritten));
      this.#link(block, (i) => first + start + i);
    }
    return first;
  }

  update(row: number, vector: ArrayLike<number>): void {
    const unit = normalizeRows(toMatrix([vector], { columns: this.dimensions }));
    this.#nodes.reserve(1);
    this.#rows.update(row, unit);
    this.#nodes.remove(row);
    this.#link(unit, () => row);
    this.#maintainWorn();
  }

  delete(rows: Iterable<number>): number {
    let deleted = 0;
    for (const row of checkRows(rows)) {
      if (!this.#rows.segmented.delete(row)) continue;
      this.#nodes.remove(row);
      deleted++;
    }
    this.#maintainWorn();
    return deleted;
  }

  has(row: number): boolean {
    return this.#rows.segmented.find(row) !== undefined;
  }

  search(query: ArrayLike<number>, options: GraphSearchOptions): ScoredRow[] {
    const { depth, unit } = this.#begin(query, options);
    if (depth.rerank) this.#rows.checkStored();
    if (depth.rerank && depth.margin === Infinity) {
      // All of them are scored with their vectors: nobody asks for their order.
      return this.#rows.bestOfSlots(
        this.#search.slots(unit, depth, options.allowed),
        depth.k,
        unit,
      );
    }
    const candidates = this.#search.candidates(unit, depth, options.allowed);
    if (!depth.rerank) return scoredRows(this.#rows.segmented.segments, candidates);
    return this.#rows.best(candidates, depth, unit);
  }

  /**
   * The same for vectors that are fetched.
   *
   * @throws BitryoshkaError as `search`; what `fetchVectors` throws is passed on
   */
  async searchAsync(query: ArrayLike<number>, options: GraphSearchOptions): Promise<ScoredRow[]> {
    if (!this.#rows.isFetched || options.rerank === 0) return this.search(query, options);
    const { depth, unit } = this.#begin(query, options);
    const candidates = this.#search.candidates(unit, depth, options.allowed);
    return this.#rows.bestFetched(candidates, depth, unit, options.signal);
  }

  /**
   * Chooses how many rows a walk keeps in mind, so that on the given queries it finds a share of what a search of
   * all codes finds; searches use it from then on, in proportion to the rows that they re-rank.
   *
   * @param queries of which no neighbour has to be known
   * @returns how many
   */
  chooseCandidates(queries: Vectors, options: CandidatesOptions): number {
    const { targetRecall, k = 10 } = options;
    const asked = toMatrix(queries, { columns: this.dimensions, name: 'queries' });
    checkNotEmpty(asked, 'queries');
    checkTargetRecall(targetRecall);
    const depth = { k, rerank: this.#rows.isFetched ? 0 : options.rerank };
    const rowsFound = (candidates: number) =>
      Array.from({ length: asked.rows }, (_, i) =>
        this.search(rowAt(asked, i), { ...depth, candidates }).map(({ row }) => row),
      );
    const all = rowsFound(this.rows).map((rows) => new Set(rows));
    const total = all.reduce((sum, rows) => sum + rows.size, 0);
    const perShare = Math.max(options.rerank ?? Math.max(100, 10 * k), k);
    this.#candidatesShare =
      triedShares.find((share) => {
        const found = rowsFound(Math.ceil(share * perShare));
        const shared = found.map((rows, i) => rows.filter((row) => all[i].has(row)).length);
        return shared.reduce((sum, count) => sum + count, 0) >= targetRecall * total;
      }) ?? (triedShares.at(-1) as number);
    return Math.ceil(this.#candidatesShare * perShare);
  }

  /**
   * Links codes past those that were deleted, whose memory can be used again then: a few milliseconds in each turn.
   * Deletions start it by themselves when a fifth of the codes are deleted ones; await it to be sure.
   */
  maintain(options: TaskOptions = {}): Promise<void> {
    this.#maintaining ??= this.#nodes.linkPastRemoved(options).finally(() => {
      this.#maintaining = undefined;
    });
    return this.#maintaining;
  }

  vector(row: number): Float32Array {
    return this.#rows.vector(row);
  }

  select(rows: ArrayLike<number>): GraphIndex {
    const selected = new GraphIndex(this.quantizer, this.#options);
    for (let start = 0; start < rows.length; start += mostWritten) {
      const end = Math.min(rows.length, start + mostWritten);
      selected.add(Array.from({ length: end - start }, (_, i) => this.vector(rows[start + i])));
    }
    return selected;
  }

  blocks(): Iterable<Matrix> {
    return this.#rows.blocks();
  }

  #link(unit: Matrix, rowOfCode: (i: number) => number): void {
    if (unit.rows === 0) return;
    const codes = this.quantizer.encode(unit, 'document');
    const norms = this.#hasDecoder ? this.quantizer.decoder?.encodeNorms(codes) : undefined;
    this.#nodes.insert(codes, norms, (i) => {
      const row = rowOfCode(i);
      return { row, position: this.#rows.segmented.position(row) as number };
    });
  }

  #maintainWorn(): void {
    if (this.#nodes.isWorn) void this.maintain();
  }

  #begin(query: ArrayLike<number>, options: GraphSearchOptions) {
    const { k, scoring, margin } = options;
    const { rerank: reranked = Math.max(100, 10 * k) } = options;
    const { candidates = Math.ceil(this.#candidatesShare * Math.max(reranked, k)) } = options;
    const depth = resolveDepth(
      { k, scoring, margin, rerank: reranked, candidates },
      { hasDecoder: this.#hasDecoder, hasPrefixes: false },
    );
    if (depth.scoring === 'symmetric') {
      throw new BitryoshkaError({
        code: 'invalid-option',
        message: 'scoring: got "symmetric", expected asymmetric or decoded.',
        remedy: 'Leave scoring out, or use a FlatIndex.',
      });
    }
    return { depth, unit: unitQuery(query, this.dimensions) };
  }
}
