import { bytesPerCode } from '../../../codes/codes.ts';
import { BitryoshkaError } from '../../../errors/bitryoshka-error.ts';
import { checkCount } from '../../../errors/check-count.ts';
import type { NearRows } from '../../../kernels/near-rows.ts';
import type { ScanLimits } from '../../../kernels/scan/code-memory.ts';
import type { TaskOptions } from '../../../progress/task-options.ts';
import { checkpoint } from '../../../progress/task-options.ts';
import type { Quantizer } from '../../../quantizers/quantizer.ts';
import type { Matrix } from '../../../vectors/matrix.ts';
import { row as rowOf, zeros } from '../../../vectors/matrix.ts';
import { sampleIndices, seededRandom } from '../../../vectors/random.ts';
import type { CodeQuery } from '../../ranking/code-scoring.ts';
import { codeScorer } from '../../ranking/code-scoring.ts';
import type { ScoredSlots } from '../../ranking/keep-best.ts';
import { keepBest } from '../../ranking/keep-best.ts';
import type { RowId } from '../../rows/row-id.ts';
import type { RowSet } from '../../rows/row-set.ts';
import type { FoundSlots } from '../../rows/segment-rows.ts';
import type { ResolvedDepth } from '../../search-depth.ts';
import type { StoredVectors } from '../../vectors/stored-vectors.ts';
import type {
  Finder,
  FinderContext,
  FinderPlan,
  FinderState,
  SavedFinder,
  WrittenRows,
} from '../finder.ts';
import { asWords } from '../finder.ts';
import { leadingWeights } from '../query-weights.ts';
import type { NearSlots } from '../scan/nearest-slots.ts';
import { nearestOfParts } from '../scan/nearest-slots.ts';
import type { Centroids } from './centroids.ts';
import { CodeCentroids } from './code-centroids.ts';
import type { ListMemory } from './inverted-lists.ts';
import { InvertedLists } from './inverted-lists.ts';
import { balancedKMeans } from './k-means.ts';
import { OvergrownLists } from './overgrown-lists.ts';
import { VectorCentroids } from './vector-centroids.ts';

export interface ListsOptions {
  /** How many lists. Default: the square root of the number of rows. */
  readonly nlist?: number | undefined;
  /**
   * What is clustered: `codes`, which is quick, or `vectors`, which finds more per list and needs stored
   * vectors. Default: `vectors` where they are stored.
   */
  readonly centroids?: 'codes' | 'vectors' | undefined;
  /**
   * In how many lists a row is. With 2, half as many lists or fewer hold as many neighbours of queries that are
   * unlike the vectors; every code is kept twice. For centroids of vectors, two or more. Default: 1.
   */
  readonly copies?: 1 | 2 | undefined;
  /** Same rows, options and seed: same lists. Default: 0. */
  readonly seed?: number | undefined;
}

/** What lists are made with. */
interface ListsSettings {
  readonly centroids: 'codes' | 'vectors';
  readonly copies: 1 | 2;
  readonly prefixBits: number;
}

/** Rows to learn centroids from, for each of them. */
const samplesPerList = 64;
/** Rows that are read to learn from, or written, in one turn. */
const rowsPerTurn = 256;

/**
 * Binary codes in lists, one per cluster, of which a search looks through the nearest few: for millions of rows,
 * where the links of a graph would take too much memory. It finds what a scan finds as far as that is in these lists.
 *
 * @throws BitryoshkaError `invalid-option`
 */
export function lists(options: ListsOptions = {}): FinderPlan {
  const { nlist, centroids, copies = 1 } = options;
  if (nlist !== undefined) checkCount('nlist', nlist, 1);
  if (centroids !== undefined && centroids !== 'codes' && centroids !== 'vectors') {
    throw invalid('centroids', centroids, 'codes or vectors');
  }
  if (copies !== 1 && copies !== 2) throw invalid('copies', copies, '1 or 2');
  if (copies === 2 && nlist === 1) throw invalid('copies', 2, '1, or 2 with two lists or more');
  if (copies === 2 && centroids === 'codes') {
    throw invalid('copies', 2, '1, or 2 with centroids of vectors');
  }
  return {
    kind: 'lists',
    create: (context) => learnLists(context, options),
    load: loadLists,
  };
}

/**
 * @throws BitryoshkaError `not-enough-vectors` for fewer rows than lists
 */
async function learnLists(context: FinderContext, options: ListsOptions): Promise<Finder> {
  const { quantizer, rows, prefixBits, signal, onProgress } = context;
  const { copies = 1, seed = 0 } = options;
  const { nlist = Math.max(copies, Math.round(Math.sqrt(rows.count))) } = options;
  const hasVectors = rows.segments[0]?.content.vectors !== undefined;
  const { centroids = hasVectors ? 'vectors' : 'codes' } = options;
  if (centroids === 'vectors' && !hasVectors) {
    throw invalid('centroids', 'vectors', 'codes where vectors are fetched');
  }
  if (centroids === 'codes' && quantizer.firstBits !== undefined) {
    throw invalid('centroids', 'codes', 'vectors for codes in two parts');
  }
  if (rows.count < nlist) {
    throw new BitryoshkaError({
      code: 'not-enough-vectors',
      message: `nlist: got ${rows.count} rows for ${nlist} lists, expected one per list or more.`,
      remedy: 'Add rows first, or ask for fewer lists.',
    });
  }
  const sample = await sampleRows(context, nlist * samplesPerList, seed);
  const empty = emptyCentroids(centroids, quantizer);
  await balancedKMeans(empty, sample, { lists: nlist, seed, signal, onProgress });
  return new Lists(context, empty, { centroids, copies, prefixBits });
}

class Lists implements Finder {
  readonly kind = 'lists';
  effort: number;
  readonly #quantizer: Quantizer;
  readonly #context: FinderContext;
  readonly #settings: ListsSettings;
  readonly #centroids: Centroids;
  readonly #lists: InvertedLists;
  readonly #overgrown: OvergrownLists;
  /** Rows that a scan has found: with copies, it may find them twice. */
  readonly #found: RowMarks = new RowMarks();

  constructor(context: FinderContext, centroids: Centroids, settings: ListsSettings) {
    const { quantizer, rows } = context;
    const { copies, prefixBits } = settings;
    this.#context = context;
    this.#quantizer = quantizer;
    this.#centroids = centroids;
    this.#settings = settings;
    this.#lists = new InvertedLists({
      bytesPerCode: bytesPerCode(quantizer.bits),
      prefixBits,
      hasNorms: quantizer.decoder !== undefined,
      copies,
    });
    while (this.#lists.count < centroids.count) this.#lists.addList();
    const hasVectors = rows.segments[0]?.content.vectors !== undefined;
    const listed = { quantizer, centroids, lists: this.#lists, rows };
    this.#overgrown = new OvergrownLists(listed, hasVectors);
    this.effort = Math.min(centroids.count, Math.max(8, Math.ceil(centroids.count / 8)));
  }

  /** Numbers of lists to look through: each a fifth more than the one before. */
  get efforts(): readonly number[] {
    const efforts: number[] = [];
    const { count } = this.#lists;
    for (let nprobe = 1; nprobe < count; nprobe = Math.ceil(1.2 * nprobe + 0.5)) {
      efforts.push(nprobe);
    }
    return [...efforts, count];
  }

  get isWorn(): boolean {
    return this.#overgrown.count > 0;
  }

  has(row: RowId): boolean {
    return this.#lists.has(row);
  }

  reserve(): void {
    // Lists grow as they need.
  }

  insert({ rows, codes, norms, vectors }: WrittenRows): void {
    if (codes.rows === 0) return;
    const { bytesPerCode: bytes, data } = codes;
    const { copies } = this.#settings;
    const items = { codes, vectors };
    const assigned =
      copies === 1 ? this.#centroids.assign(items) : this.#centroids.assignTwice?.(items);
    for (let i = 0; assigned && i < codes.rows; i++) {
      const code = data.subarray(i * bytes, (i + 1) * bytes);
      for (let copy = 0; copy < copies; copy++) {
        const list = assigned[i * copies + copy];
        this.#lists.push(list, { row: rows[i], copy, code, norm: norms?.[i] ?? 0 });
        this.#overgrown.note(list);
      }
    }
  }

  remove(row: RowId): void {
    this.#lists.remove(row);
  }

  /** Splits overgrown lists, one per turn. */
  maintain(options: TaskOptions): Promise<void> {
    return this.#overgrown.splitAll(options);
  }

  candidates(
    query: CodeQuery,
    depth: ResolvedDepth,
    allowed: RowSet | undefined,
  ): FoundSlots[] | undefined {
    const { scored, rerank, nprobe = this.effort } = depth;
    if (depth.scoring === 'symmetric') return undefined;
    const nearest = this.#centroids.nearest(query, Math.min(this.#lists.count, nprobe));
    const near = this.#scan(query, depth, this.#lists.ranges(nearest), allowed);
    const best = keepBest(this.#withoutCopies(near, query, depth), scored);
    const count = best.reduce((sum, { slots }) => sum + slots.length, 0);
    const { rows } = this.#context;
    if (count < Math.min(depth.k, rows.count, allowed?.size ?? Infinity)) return undefined;
    const rowsOf = ({ segment, slots }: ScoredSlots) => {
      const { rows: numbers } = this.#lists.memories[segment];
      return slots.map((slot) => numbers[slot]);
    };
    if (rerank) return rows.slotsOf(best.length === 1 ? rowsOf(best[0]) : best.flatMap(toList));
    // Each by itself, so that they keep their scores.
    return best.flatMap((group) =>
      Array.from(rowsOf(group), (row, i): ScoredSlots => {
        const [found] = rows.slotsOf([row]);
        return { ...found, scores: group.scores.subarray(i, i + 1) };
      }),
    );

    function toList(group: ScoredSlots): number[] {
      return [...rowsOf(group)];
    }
  }

  save(): FinderState {
    const { centroids, copies } = this.#settings;
    const { values } = this.#centroids;
    const sizes = Uint32Array.from({ length: this.#lists.count }, (_, list) =>
      this.#lists.size(list),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const membersOf = this.#lists;
    const perList = (part: 'rows' | 'codes' | 'norms' | 'copies') =>
      function* pieces() {
        for (let list = 0; list < membersOf.count; list++) {
          const array = membersOf.members(list)[part];
          yield new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
        }
      };
    const { data } = values;
    return {
      fields: { nlist: values.rows, centroids, copies, effort: this.effort, total },
      arrays: {
        centroids: {
          byteLength: data.byteLength,
          pieces: () => [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
        },
        sizes: { byteLength: sizes.byteLength, pieces: () => [new Uint8Array(sizes.buffer)] },
        rows: { byteLength: 4 * total, pieces: perList('rows') },
        copies: { byteLength: total, pieces: perList('copies') },
        norms: { byteLength: total, pieces: perList('norms') },
        codes: {
          byteLength: total * bytesPerCode(this.#quantizer.bits),
          pieces: perList('codes'),
        },
      },
    };
  }

  /** Puts saved rows into their lists, in turns. */
  async restore(
    sizes: Uint32Array,
    saved: { rows: Uint32Array; copies: Uint8Array; norms: Uint8Array; codes: Uint8Array },
  ): Promise<void> {
    const bytes = bytesPerCode(this.#quantizer.bits);
    const total = saved.rows.length;
    let at = 0;
    for (const [list, size] of sizes.entries()) {
      for (const end = at + size; at < end; at++) {
        if (at % rowsPerTurn === 0) {
          await checkpoint(this.#context, { stage: 'load', done: at, total });
        }
        const code = saved.codes.subarray(at * bytes, (at + 1) * bytes);
        const copy = saved.copies[at];
        if (copy >= this.#settings.copies) throw damaged(`copy ${copy}`);
        this.#lists.push(list, { row: saved.rows[at], copy, code, norm: saved.norms[at] });
      }
    }
  }

  /** The codes in the named ranges that are nearest, by memory. */
  #scan(
    query: CodeQuery,
    { candidates, prefixes, scored }: ResolvedDepth,
    ranges: readonly Uint32Array[],
    allowed: RowSet | undefined,
  ): NearSlots[] {
    const { copies, prefixBits } = this.#settings;
    const isByPrefixes = prefixes !== undefined && prefixBits > 0;
    const count = copies * (isByPrefixes ? Math.max(prefixes, scored) : candidates);
    const scan = isByPrefixes
      ? scanOfPrefixes(query, prefixBits, this.#quantizer)
      : scanOfCodes(query);
    return nearestOfParts(this.#lists.memories, count, (memory, below, ordinal) => {
      const ofMemory = ranges[ordinal];
      if (ofMemory.length === 0) return undefined;
      const mask = allowed && maskOf(ofMemory, memory.rows, allowed);
      return scan(memory, count, mask, { ranges: ofMemory, below });
    });
  }

  /** What was found, scored by codes, and each row once. */
  #withoutCopies(
    near: readonly NearSlots[],
    query: CodeQuery,
    { scoring, queryDigits, scored }: ResolvedDepth,
  ): ScoredSlots[] {
    const { copies } = this.#settings;
    const score = codeScorer(this.#quantizer, query, {
      scoring: scoring as 'asymmetric' | 'decoded',
      queryDigits,
    });
    const once = near.map(({ segment, slots: found }): ScoredSlots => {
      const memory = this.#lists.memories[segment];
      const { slots, scores } = score(memory, found, copies * scored);
      if (copies === 1) return { segment, slots, scores };
      let kept = 0;
      // In their place, as nobody else needs what is there.
      for (let i = 0; i < slots.length; i++) {
        slots[kept] = slots[i];
        scores[kept] = scores[i];
        if (this.#found.add(memory.rows[slots[i]])) kept++;
      }
      return { segment, slots: slots.subarray(0, kept), scores: scores.subarray(0, kept) };
    });
    this.#found.clear();
    return once;
  }
}

/** The rows nearest to a query in a memory of lists. */
type MemoryScan = (
  memory: ListMemory,
  count: number,
  allowed: Uint8Array | undefined,
  limits: ScanLimits,
) => NearRows | undefined;

function scanOfCodes({ signs }: CodeQuery): MemoryScan {
  return ({ codes }, count, allowed, limits) => codes.nearest(signs, count, allowed, limits);
}

function scanOfPrefixes(
  { projection }: CodeQuery,
  prefixBits: number,
  quantizer: Quantizer,
): MemoryScan {
  const weights = leadingWeights(projection.subarray(0, prefixBits), quantizer);
  return ({ prefixes }, count, allowed, limits) =>
    prefixes?.nearest(weights, count, { allowed, ...limits });
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

/** A set of row numbers that is filled and emptied again and again: a bit for each number. */
class RowMarks {
  #bits = new Uint32Array(32);
  readonly #words: number[] = [];

  /** @returns whether it was not in the set before */
  add(row: RowId): boolean {
    const word = row >>> 5;
    const bit = 1 << (row & 31);
    if (word >= this.#bits.length) this.#grow(word + 1);
    const before = this.#bits[word];
    if ((before & bit) !== 0) return false;
    if (before === 0) this.#words.push(word);
    this.#bits[word] = before | bit;
    return true;
  }

  clear(): void {
    for (const word of this.#words) this.#bits[word] = 0;
    this.#words.length = 0;
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, 2 * this.#bits.length));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}

/** Some of the rows, their codes and, where they are stored, their vectors. */
async function sampleRows(
  { quantizer, rows, ...task }: FinderContext,
  most: number,
  seed: number,
): Promise<{ codes: ReturnType<Quantizer['encode']>; vectors: Matrix | undefined }> {
  const chosen = sampleIndices(rows.count, most, seededRandom(seed));
  const bytes = bytesPerCode(quantizer.bits);
  const data = new Uint8Array(chosen.length * bytes);
  const hasVectors = rows.segments[0]?.content.vectors !== undefined;
  const vectors = hasVectors ? zeros(chosen.length, quantizer.inputDimensions) : undefined;
  const starts: number[] = [];
  let count = 0;
  const segments = rows.snapshot();
  for (const segment of segments) {
    starts.push(count);
    count += segment.rows.count;
  }
  const slots = segments.map((segment) => segment.rows.aliveSlots());
  for (const [i, index] of chosen.entries()) {
    if (i % rowsPerTurn === 0) {
      await checkpoint(task, { stage: 'sample', done: i, total: chosen.length });
    }
    const ordinal = starts.findLastIndex((start) => start <= index);
    const { content } = segments[ordinal];
    const slot = slots[ordinal][index - starts[ordinal]];
    content.codes?.copy([slot], data.subarray(i * bytes, (i + 1) * bytes));
    if (vectors) rowOf(vectors, i).set((content.vectors as StoredVectors).at(slot));
  }
  const codes = { rows: chosen.length, bits: quantizer.bits, bytesPerCode: bytes, data };
  return { codes, vectors };
}

function emptyCentroids(kind: 'codes' | 'vectors', quantizer: Quantizer): Centroids {
  return kind === 'codes'
    ? new CodeCentroids(quantizer.bits, bytesPerCode(quantizer.bits))
    : new VectorCentroids(quantizer.inputDimensions);
}

async function loadLists(context: FinderContext, { fields, read }: SavedFinder): Promise<Finder> {
  const { nlist, copies, effort, total } = fields as Record<string, number>;
  const { prefixBits } = context;
  const { centroids: kind } = fields;
  for (const count of [nlist, total, effort]) {
    if (!Number.isSafeInteger(count) || count < 0) throw damaged(`a count of ${String(count)}`);
  }
  if (kind !== 'codes' && kind !== 'vectors') throw damaged(`centroids of ${String(kind)}`);
  if (copies !== 1 && copies !== 2) throw damaged(`${String(copies)} copies`);
  const { quantizer } = context;
  const columns = kind === 'codes' ? quantizer.bits : quantizer.inputDimensions;
  const centroids = emptyCentroids(kind, quantizer);
  const { buffer } = asWords(await read('centroids', 4 * nlist * columns)).slice();
  const data = new Float32Array(buffer);
  centroids.restore({ rows: nlist, columns, data });
  const loaded = new Lists(context, centroids, { centroids: kind, copies, prefixBits });
  const words = async (name: string, count: number) => asWords(await read(name, 4 * count));
  const sizes = await words('sizes', nlist);
  if (sizes.reduce((sum, size) => sum + size, 0) !== total)
    throw damaged('sizes that do not add up');
  await loaded.restore(sizes, {
    rows: await words('rows', total),
    copies: await read('copies', total),
    norms: await read('norms', total),
    codes: await read('codes', total * bytesPerCode(quantizer.bits)),
  });
  loaded.effort = effort;
  return loaded;
}

function invalid(name: string, got: unknown, expected: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `${name}: got ${JSON.stringify(got)}, expected ${expected}.`,
    remedy: `Correct ${name}, or leave it out.`,
  });
}

function damaged(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `lists: got ${what}, expected what an index has saved.`,
    remedy: 'Save the index again, or build the lists anew.',
  });
}
