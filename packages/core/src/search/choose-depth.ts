import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row as rowOf } from '../vectors/matrix.ts';
import type { FinderKind } from './finders/finder.ts';
import type { ScoredRow } from './ranking/top-k.ts';
import type { RowId } from './rows/row-id.ts';
import type { SearchDepth, SearchOptions } from './search-depth.ts';

/** Neighbours that depths are chosen for; for more, searches look farther by as much. */
export const wantedNeighbours = 10;
/** Bits of a code from which on a query may be rounded to four digits. */
const manyBits = 128;
/** Rows that a scan hands on, and that are re-ranked, for ten neighbours. */
const scanDepths: readonly (readonly [candidates: number, rerank: number])[] = [
  [200, 100],
  [250, 100],
  [300, 100],
  [350, 110],
  [400, 120],
  [500, 130],
  [600, 140],
  [700, 150],
  [850, 175],
  [1000, 200],
  [1400, 250],
  [2000, 300],
  [2800, 350],
  [4000, 400],
  [8000, 800],
];
/** The same for codes in two parts: their bytes tell more of many candidates than vectors of few. */
const twoPartDepths: readonly (readonly [candidates: number, rerank: number])[] = [
  [1000, 50],
  [2000, 50],
  [4000, 100],
  [8000, 100],
  [16_000, 100],
  [24_000, 125],
  [32_000, 150],
  [32_000, 200],
  [48_000, 300],
  [64_000, 400],
  [96_000, 800],
];
/** Of what a walk keeps, the part that is re-ranked where vectors are read from elsewhere, which takes longer. */
const externalShare = 0.25;
const fewestExternal = 60;
/** Rows that a walk keeps, all of which are re-ranked. */
const walkDepths: readonly number[] = Array.from({ length: 61 }, (_, i) =>
  Math.round(40 * 1.08 ** i),
);
/** Lists that are looked through, as shares of all. */
const listShares = [0.02, 0.04, 0.08, 0.12, 0.2, 0.3, 0.5, 1];

export interface DepthQuestions {
  readonly questions: Matrix;
  /** Least work first. */
  readonly depths: readonly SearchDepth[];
  /** The truth: of the first of the questions, or of all. */
  readonly nearest: readonly (readonly RowId[])[];
  readonly answer: (question: Float32Array, depth: SearchDepth) => readonly ScoredRow[];
  /** The share of the nearest that is found; undefined where there is nothing to be found. */
  readonly share: (nearest: readonly RowId[], found: readonly ScoredRow[]) => number | undefined;
  readonly targetRecall: number;
}

/**
 * The least depth at which questions find the share of their neighbours that they should, by more than chance; the
 * farthest, where none does. Where it takes too long to compare all vectors with all questions, what looking farthest
 * finds is the truth for the others, less what it misses for those whose truth is known.
 *
 * @returns the depth, and the share that is found, by mean
 */
export async function chooseDepth(
  { questions, depths, nearest, answer, share, targetRecall }: DepthQuestions,
  task: TaskOptions,
): Promise<{ readonly depth: SearchDepth; readonly recall: number }> {
  const farthest = depths[depths.length - 1];
  const wanted = nearest.slice();
  const measure = async (depth: SearchDepth, count = questions.rows) => {
    const shares: number[] = [];
    for (let i = 0; i < count; i++) {
      await checkpoint(task, { stage: 'measure', done: i, total: count });
      const found = share(wanted[i], answer(rowOf(questions, i), depth));
      if (found !== undefined) shares.push(i < nearest.length ? found : found * ceiling);
    }
    return meanOf(shares);
  };
  let ceiling = 1;
  if (nearest.length < questions.rows) ceiling = (await measure(farthest, nearest.length)).mean;
  for (let i = nearest.length; i < questions.rows; i++) {
    await checkpoint(task, { stage: 'measure', done: i, total: questions.rows });
    wanted.push(answer(rowOf(questions, i), farthest).map(({ row }) => row));
  }
  let [first, last] = [0, depths.length - 1];
  while (first < last) {
    const middle = (first + last) >> 1;
    const { mean, error } = await measure(depths[middle]);
    // Among several that find about enough, the one that was lucky would be chosen.
    if (mean - error >= targetRecall) last = middle;
    else first = middle + 1;
  }
  return { depth: depths[last], recall: (await measure(depths[last])).mean };
}

interface DepthsOptions {
  readonly rows: number;
  /** Of a code. */
  readonly bits: number;
  /** Only the first bits of a code find candidates: few find few. */
  readonly isTwoPart: boolean;
  /** Whether vectors are read from elsewhere than memory. */
  readonly isExternal: boolean;
}

/** What is tried, least work first. */
export function depthsOf(
  kind: 'scan' | FinderKind,
  { rows, bits, isTwoPart, isExternal }: DepthsOptions,
): SearchDepth[] {
  if (kind === 'graph') {
    return walkDepths.map((efSearch) => {
      const few = Math.max(fewestExternal, Math.ceil(externalShare * efSearch));
      return { efSearch, rerank: isExternal ? Math.min(efSearch, few) : efSearch };
    });
  }
  if (kind === 'lists') {
    const count = Math.sqrt(rows);
    return listShares.map((share) => ({
      nprobe: Math.max(1, Math.ceil(share * count)),
      candidates: 1000,
      rerank: 200,
    }));
  }
  if (isTwoPart) {
    return twoPartDepths.map(([candidates, rerank]) => ({ candidates, rerank }));
  }
  // Short codes have few bits for errors to cancel out.
  const queryDigits = bits < manyBits ? 8 : 4;
  return scanDepths.map(([candidates, rerank]) => ({ candidates, rerank, queryDigits }));
}

/** Options with a depth for ten neighbours, for as many as are asked for, unless they say how far to look. */
export function deepened<Options extends SearchOptions>(
  depth: SearchDepth | undefined,
  options: Options,
): Options {
  const { k, rerank, oversampling, efSearch, nprobe, candidates, prefixes } = options;
  const isSaid = [rerank, oversampling, efSearch, nprobe, candidates, prefixes].some(
    (value) => value !== undefined,
  );
  if (!depth || isSaid) return options;
  const times = Math.max(1, Number.isSafeInteger(k) ? k / wantedNeighbours : 1);
  const more = (count: number | undefined) => count && Math.ceil(times * count);
  return {
    ...options,
    ...depth,
    rerank: more(depth.rerank),
    candidates: more(depth.candidates),
    efSearch: more(depth.efSearch),
  };
}

/** A mean and its standard error; of nothing, all was found. */
export function meanOf(values: readonly number[]): {
  readonly mean: number;
  readonly error: number;
} {
  const count = values.length;
  if (count === 0) return { mean: 1, error: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / Math.max(1, count - 1) / count) };
}
