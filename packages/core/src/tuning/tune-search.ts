import { bytesPerCode } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { checkCount } from '../errors/check-count.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { QuantizerKind } from '../quantizers/families.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import { BinaryIndex } from '../search/binary-index.ts';
import type { QueryDigits } from '../search/ranking/code-scoring.ts';
import type { SearchDepth } from '../search/search-depth.ts';
import { nearestDocuments } from '../training/exact-neighbours.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, row, selectRows, toMatrix } from '../vectors/matrix.ts';
import { normalizeRows } from '../vectors/normalize.ts';
import { sampleIndices, seededRandom } from '../vectors/random.ts';

export interface TuneSearchOptions extends TaskOptions {
  /** The share of the nearest float neighbours that searches are to find: above 0, below 1. */
  readonly targetRecall: number;
  /**
   * Vectors of queries such as will be asked. Default: some of the documents. Documents are closer to one
   * another than questions are to them: without queries, the recall of questions may be lower.
   */
  readonly queries?: Vectors | undefined;
  /** Neighbours that are wanted. Default: 10. */
  readonly k?: number | undefined;
  /** Lengths of codes to choose from. Default: 128, 192, 256 and 384, up to the dimension of the vectors. */
  readonly bits?: readonly number[] | undefined;
  /** How codes are fitted. Default: `itq`. */
  readonly kind?: QuantizerKind | undefined;
  /**
   * Whether a scan of the first half of codes may be chosen, for kind `itq`: searches then need an index with
   * the `prefixBits` of the result. Default: false.
   */
  readonly prefixes?: boolean | undefined;
  /** Same vectors, options and seed: same choice. Default: 0. */
  readonly seed?: number | undefined;
}

/** The cheapest depth of a length of code that reaches the recall. */
export interface SearchTuningRow {
  readonly bits: number;
  /** Of the leading bits that are scanned, where they alone are; otherwise 0. */
  readonly prefixBits: number;
  /** Rows that the scan hands on. */
  readonly candidates: number;
  readonly rerank: number;
  /** On the queries that it was chosen on. */
  readonly recall: number;
  /** Work of a search, as the bytes that a scan would read in the same time. */
  readonly cost: number;
  readonly chosen: boolean;
}

export interface SearchTuning {
  readonly quantizer: Quantizer;
  /** For an index to search; 0 for none. */
  readonly prefixBits: number;
  /** For searches, and for a store's `depth`. */
  readonly depth: Pick<SearchDepth, 'candidates' | 'prefixes' | 'queryDigits'> & {
    readonly rerank: number;
  };
  /** On the queries that it was chosen on. */
  readonly recall: number;
  /** Lengths of codes that reach the recall; those that are missing do not. */
  readonly table: readonly SearchTuningRow[];
}

/** Enough that chance moves the recall by half a point at most. */
const maximumQueries = 1000;
/** Vectors to fit to; more change little. */
const maximumSample = 20_000;
/** Depths of the scan to choose from: each half as long again as the one before. */
const depths = Array.from({ length: 13 }, (_, i) => Math.round(50 * 1.5 ** i));
/** What a byte costs that is read by later stages, in bytes of the scan: they jump from row to row. */
const scoredByteCost = 15;
const storedByteCost = 6;
/** What a byte of a prefix costs in its scan, and how much more a row that such a scan hands on. */
const prefixByteCost = 1.3;
const handedOnCost = 2;
/** Shorter codes have no prefix that finds much. */
const fewestNestedBits = 128;
/** As many digits of a query find what all of them do. */
const queryDigits: QueryDigits = 4;

/**
 * Chooses the length of the codes, how many candidates the scan hands on and how many of them are
 * re-ranked, so that searches of these vectors find a share of the nearest neighbours with the least work.
 * Recall falls as a collection grows: give all of it.
 *
 * @throws BitryoshkaError `not-enough-vectors`, `invalid-option`, `dimension-mismatch` or `not-finite`;
 *   `not-supported` when no choice reaches the recall
 */
export async function tuneSearch(
  vectors: Vectors,
  options: TuneSearchOptions,
): Promise<SearchTuning> {
  const { targetRecall, k = 10, kind = 'itq', seed = 0, signal, onProgress } = options;
  const task = { signal, onProgress };
  const documents = normalizeRows(toMatrix(vectors));
  checkNotEmpty(documents);
  checkCount('k', k, 1);
  if (!(targetRecall > 0 && targetRecall < 1)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `targetRecall: got ${targetRecall}, expected a number between 0 and 1.`,
      remedy: 'Correct targetRecall.',
    });
  }
  const bits = (options.bits ?? [128, 192, 256, 384]).filter((b) => b <= documents.columns);
  const lengths = bits.length > 0 ? bits : [documents.columns];
  const random = seededRandom(seed);
  const asked = await prepareQueries(documents, options.queries, k, random, task);
  const sample = selectRows(documents, sampleIndices(documents.rows, maximumSample, random));
  const isNested = options.prefixes === true && (kind === 'itq' || kind === 'rotation');
  const choices = lengths.flatMap((length) => [
    { length, prefixBits: 0 },
    ...(isNested && length >= fewestNestedBits
      ? [{ length, prefixBits: Math.floor(length / 16) * 8 }]
      : []),
  ]);
  const found: (Omit<SearchTuningRow, 'chosen'> & { readonly quantizer: Quantizer })[] = [];
  for (const [done, { length, prefixBits }] of choices.entries()) {
    await checkpoint(task, { stage: 'tune', done, total: choices.length });
    const rotation = prefixBits > 0 ? { nested: [prefixBits] } : undefined;
    const quantizer = await fitQuantizer(sample, { kind, bits: length, rotation, seed, signal });
    const index = new BinaryIndex({ quantizer, prefixBits });
    await index.addAsync(documents, { signal });
    const best = await cheapest(index, prefixBits, asked, options, task);
    if (best) found.push({ ...best, bits: length, prefixBits, quantizer });
  }
  const chosen = found.toSorted((a, b) => a.cost - b.cost)[0];
  if (!chosen) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `targetRecall: got ${targetRecall}, which codes of ${lengths.join(', ')} bits do not reach.`,
      remedy: 'Allow more bits, or ask for less.',
    });
  }
  const table = found.map(({ quantizer, ...shown }) => ({
    ...shown,
    chosen: quantizer === chosen.quantizer,
  }));
  const { quantizer, prefixBits, candidates, rerank, recall } = chosen;
  const depth =
    prefixBits > 0 ? { prefixes: candidates, queryDigits, rerank } : { candidates, rerank };
  return { quantizer, prefixBits, depth, recall, table };
}

interface Asked {
  readonly queries: Matrix;
  /** By query: its row where it is a document, which does not count. */
  readonly own: readonly (number | undefined)[];
  readonly neighbours: readonly (readonly number[])[];
}

async function prepareQueries(
  documents: Matrix,
  given: Vectors | undefined,
  k: number,
  random: () => number,
  task: TaskOptions,
): Promise<Asked> {
  const pool = given ? toMatrix(given, { columns: documents.columns, name: 'queries' }) : documents;
  checkNotEmpty(pool, 'queries');
  const rows = sampleIndices(pool.rows, maximumQueries, random);
  const queries = normalizeRows(selectRows(pool, rows));
  const nearest = await nearestDocuments(queries, documents, given ? k : k + 1, task);
  const found = nearest.length / queries.rows;
  const own = given ? [] : [...rows];
  const neighbours = Array.from({ length: queries.rows }, (_, i) =>
    [...nearest.subarray(i * found, (i + 1) * found)].filter((r) => r !== own[i]).slice(0, k),
  );
  return { queries, own, neighbours };
}

type CheapestDepth = Omit<SearchTuningRow, 'chosen' | 'bits' | 'prefixBits'>;

/** The depth of least cost that reaches the recall, if any does. */
async function cheapest(
  index: BinaryIndex,
  prefixBits: number,
  { queries, own, neighbours }: Asked,
  { targetRecall, k = 10 }: TuneSearchOptions,
  task: TaskOptions,
): Promise<CheapestDepth | undefined> {
  const usable = depths.filter((depth) => depth >= k && depth <= Math.max(k, index.rows / 4));
  const deepest = usable.at(-1) ?? k;
  // By depth of the scan: how many neighbours are in which place when its candidates are ordered.
  const places = usable.map((depth) => new Uint32Array(depth));
  const total = neighbours.reduce((sum, rows) => sum + rows.length, 0);
  for (let i = 0; i < queries.rows; i++) {
    await checkpoint(task, { stage: 'measure', done: i, total: queries.rows });
    const query = row(queries, i);
    if (prefixBits > 0) countHandedOn(index, query, own[i], neighbours[i], places);
    else countPlaces(index, query, deepest, own[i], neighbours[i], places);
  }
  const { bits, inputDimensions } = index.quantizer as Quantizer;
  const codeBytes = bytesPerCode(bits);
  const [scanned, handedOn] =
    prefixBits > 0
      ? [(prefixBits / 8) * prefixByteCost, codeBytes * scoredByteCost * handedOnCost]
      : [codeBytes, codeBytes * scoredByteCost];
  let best: CheapestDepth | undefined;
  for (const [d, candidates] of usable.entries()) {
    let reached = 0;
    const last = places[d].findIndex((count) => {
      reached += count;
      return reached >= targetRecall * total;
    });
    if (last < 0) continue;
    const rerank = Math.max(k, last + 1);
    const cost =
      index.rows * scanned + candidates * handedOn + rerank * inputDimensions * 4 * storedByteCost;
    if (!best || cost < best.cost) best = { candidates, rerank, recall: reached / total, cost };
  }
  return best;
}

function countPlaces(
  index: BinaryIndex,
  query: Float32Array,
  deepest: number,
  own: number | undefined,
  neighbours: readonly number[],
  places: readonly Uint32Array[],
): void {
  const options = { k: deepest + 1, candidates: deepest + 1, rerank: 0 };
  const isOther = ({ row: found }: { readonly row: number }) => found !== own;
  const scanned = index.search(query, { ...options, scoring: 'symmetric' }).filter(isOther);
  const scored = index.search(query, options).filter(isOther);
  const scanRank = new Map(scanned.map(({ row: found }, rank) => [found, rank]));
  const wanted = new Set(neighbours);
  for (const counts of places) {
    // The order among fewer candidates is the order among all of them, with the others left out.
    let place = 0;
    for (const { row: found } of scored) {
      if ((scanRank.get(found) ?? deepest) >= counts.length) continue;
      if (wanted.has(found)) counts[place]++;
      place++;
    }
  }
}

/** The same where scans of prefixes hand rows on: their order is asked for at every depth. */
function countHandedOn(
  index: BinaryIndex,
  query: Float32Array,
  own: number | undefined,
  neighbours: readonly number[],
  places: readonly Uint32Array[],
): void {
  const wanted = new Set(neighbours);
  for (const counts of places) {
    const count = counts.length + 1;
    const options = { k: count, prefixes: count, queryDigits, rerank: 0 } as const;
    const scored = index.search(query, options).filter(({ row: found }) => found !== own);
    for (let place = 0; place < Math.min(counts.length, scored.length); place++) {
      if (wanted.has(scored[place].row)) counts[place]++;
    }
  }
}
