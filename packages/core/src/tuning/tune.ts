import { bytesPerCode } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { checkCount } from '../errors/check-count.ts';
import { overlap } from '../evaluation/metrics/overlap.ts';
import { bootstrapInterval } from '../evaluation/statistics/bootstrap-interval.ts';
import { mean } from '../evaluation/statistics/mean.ts';
import { inTurns } from '../progress/steps.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { QuantizerKind } from '../quantizers/families.ts';
import { quantizerKinds } from '../quantizers/families.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import type { FitReport } from '../quantizers/fit-report.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { Scoring } from '../search/ranking/code-scoring.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, row, toMatrix } from '../vectors/matrix.ts';
import type { GateDecision, MeasuredCandidate } from './gate.ts';
import { passGate } from './gate.ts';
import type { HeldOutSplit } from './held-out-split.ts';
import { splitHeldOut } from './held-out-split.ts';
import type { TuneOptions } from './tuning-options.ts';
import { needless, varianceProfile } from './variance-profile.ts';

/** One candidate, measured on the held-out queries. */
export interface TuningRow {
  readonly quantizer: QuantizerKind;
  readonly bits: number;
  readonly bytesPerVector: number;
  readonly scoring: Scoring;
  readonly rerank: number;
  /** Mean share of the `k` nearest float neighbours that were found. */
  readonly recall: number;
  /** Between which values the mean would lie with other queries of the kind: 95 %. */
  readonly interval: readonly [low: number, high: number];
  readonly fitSeconds: number;
  /** The same at ever shallower depths of re-ranking, at which candidates that are level here may differ. */
  readonly shallower: readonly RecallAtDepth[];
  /** Whether another is better than this one by more than chance, at one of the depths, or `sign` at all. */
  readonly beaten: boolean;
  readonly chosen: boolean;
}

export interface RecallAtDepth {
  /** 0 for none. */
  readonly rerank: number;
  readonly recall: number;
}

export interface TuningResult {
  /** The chosen kind, fitted to all vectors, or to those that were not held out where these are few. */
  readonly quantizer: Quantizer;
  readonly scoring: Scoring;
  /** In the order of `candidates`; empty where there were too few vectors to compare. */
  readonly table: readonly TuningRow[];
  /** Candidates that were not fitted, as the variances of the vectors say that they cannot find more. */
  readonly spared: readonly { readonly quantizer: QuantizerKind; readonly why: string }[];
  /** Why, in words. */
  readonly reason: string;
}

/** Simplest first: a later one has to earn its place. */
const defaultCandidates: readonly QuantizerKind[] = ['sign', 'median', 'itq', 'autoencoder'];
/** Held-out vectors of so small a share are not missed: what was fitted without them is taken as it is. */
const smallShare = 0.05;
/** With fewer, the held-out part would say nothing. */
const fewestVectors = 100;

interface Measured extends MeasuredCandidate {
  readonly shown: Omit<TuningRow, 'beaten' | 'chosen'>;
}

/**
 * Fits every candidate to a part of the vectors, asks the held-out rest, and takes the simplest one that
 * no other beats by more than chance (paired bootstrap over the queries, 95 %), neither at the asked depth
 * of re-ranking nor, where that leaves several, at shallower ones. So nobody ships a setting that hurts:
 * `sign`, the baseline, is always among the candidates, and none that finds less than it is taken.
 *
 * @throws BitryoshkaError `empty-input`, `dimension-mismatch`, `not-finite` or `invalid-option`
 */
export async function tune(vectors: Vectors, options: TuneOptions): Promise<TuningResult> {
  const { k = 10, rerank = 40, scoring = 'decoded', seed = 0, signal } = options;
  checkCount('k', k, 1);
  checkCount('rerank', rerank, 0);
  const matrix = toMatrix(vectors);
  checkNotEmpty(matrix);
  const bits = wantedBits(options, scoring, matrix.columns);
  const wanted = checkedCandidates(options.candidates);
  const fit = (documents: Matrix, kind: QuantizerKind) =>
    fitQuantizer(documents, {
      kind,
      bits,
      seed,
      signal,
      queries: options.queries,
      // The held-out part compares them all.
      check: false,
    });

  if (matrix.rows < fewestVectors) {
    return {
      quantizer: await fit(matrix, 'sign'),
      scoring,
      table: [],
      spared: [],
      reason: `Took sign: ${matrix.rows} vectors are too few to compare on; it takes ${fewestVectors}.`,
    };
  }
  const split = await splitHeldOut(matrix, { queries: options.queries, k, seed, signal });
  const profile = await inTurns(varianceProfile(split.documents, seed), { signal });
  const spared = wanted.flatMap((quantizer) => {
    const why = profile && needless(quantizer, profile);
    return why === undefined ? [] : [{ quantizer, why }];
  });
  const candidates = wanted.filter((kind) => !spared.some(({ quantizer }) => quantizer === kind));
  const depths = shallowerDepths(rerank, k);
  const fitted: Quantizer[] = [];
  const measured: Measured[] = [];
  for (const kind of candidates) {
    await checkpoint(options, {
      stage: 'tune',
      done: measured.length,
      total: candidates.length + 1,
    });
    const start = performance.now();
    const quantizer = await fit(split.documents, kind);
    fitted.push(quantizer);
    const fitSeconds = (performance.now() - start) / 1000;
    const recallsByQuery = await measureRecalls(quantizer, split, { k, depths, scoring, signal });
    const { low, high } = bootstrapInterval(recallsByQuery[0], { seed });
    const recalls = recallsByQuery.map(mean);
    measured.push({
      recalls,
      recallsByQuery,
      shown: {
        quantizer: kind,
        bits,
        // A decoded score reads a byte for the length as well.
        bytesPerVector: bytesPerCode(bits) + (scoring === 'decoded' ? 1 : 0),
        scoring,
        rerank,
        recall: recalls[0],
        interval: [low, high],
        shallower: depths.slice(1).map((depth, i) => ({ rerank: depth, recall: recalls[i + 1] })),
        fitSeconds,
      },
    });
  }
  const decision = passGate(measured, candidates.indexOf('sign'), seed);
  const table = measured.map(({ shown }, i) => ({
    ...shown,
    beaten: decision.ruledOutAt[i] !== undefined,
    chosen: i === decision.chosen,
  }));
  const isWhole = split.documents.rows >= (1 - smallShare) * matrix.rows;
  const kind = candidates[decision.chosen];
  const quantizer = isWhole ? fitted[decision.chosen] : await fit(matrix, kind);
  const fitReport: FitReport = {
    asked: 'tuned',
    taken: quantizer.kind,
    recall: Object.fromEntries(table.map(({ quantizer: each, recall }) => [each, recall])),
    rerank,
    questions: split.queries.rows,
    documents: split.documents.rows,
  };
  const total = candidates.length + 1;
  options.onProgress?.({ stage: 'tune', done: total, total });
  const because = spared.map(({ quantizer: each, why }) => ` ${each} was not fitted: ${why}.`);
  return {
    quantizer: Object.assign(quantizer, { fitReport }),
    scoring,
    table,
    spared,
    reason: explain(table, decision, split) + because.join(''),
  };
}

function wantedBits(
  { bits, bytesPerVector }: TuneOptions,
  scoring: Scoring,
  dimensions: number,
): number {
  if ((bits === undefined) === (bytesPerVector === undefined)) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `got bits ${bits} and bytesPerVector ${bytesPerVector}, expected one of the two.`,
      remedy: 'Say how long a code may be, as bits or as bytes per vector.',
    });
  }
  if (bits !== undefined) return bits;
  // Codes take whole 64-bit words.
  const smallest = bytesPerCode(1) + (scoring === 'decoded' ? 1 : 0);
  checkCount('bytesPerVector', bytesPerVector as number, smallest);
  const words = Math.floor(((bytesPerVector as number) - smallest) / 8) + 1;
  return Math.min(words * 64, dimensions);
}

function checkedCandidates(kinds: readonly QuantizerKind[] = defaultCandidates): QuantizerKind[] {
  const unknown = kinds.find((kind) => !quantizerKinds.includes(kind));
  if (unknown !== undefined) {
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `candidates: got "${String(unknown)}", expected some of ${quantizerKinds.join(', ')}.`,
      remedy: 'Choose among these kinds.',
    });
  }
  return [...new Set<QuantizerKind>(kinds.includes('sign') ? kinds : ['sign', ...kinds])];
}

/** The asked depth, then half of it and so on; 0 at last, for re-ranking k reorders them and finds no more. */
function shallowerDepths(rerank: number, k: number): number[] {
  const depths: number[] = [];
  for (let depth = rerank; depth > k; depth = Math.floor(depth / 2)) depths.push(depth);
  return [...depths, depths.length > 0 ? 0 : rerank];
}

interface MeasureOptions extends Pick<TaskOptions, 'signal'> {
  readonly k: number;
  /** Of re-ranking, the deepest first. */
  readonly depths: readonly number[];
  readonly scoring: Scoring;
}

/** By depth and query: the share of the nearest neighbours that are found. */
async function measureRecalls(
  quantizer: Quantizer,
  { index, queries, neighbours }: HeldOutSplit,
  { k, depths, scoring, signal }: MeasureOptions,
): Promise<number[][]> {
  await index.encode(quantizer, { signal });
  // Re-ranking finds those neighbours that are among the rows it is given, so one search tells all depths.
  const search = { k: Math.max(depths[0], k), rerank: 0, scoring, candidates: index.rows };
  const found: number[][] = [];
  for (let i = 0; i < queries.rows; i++) {
    await checkpoint({ signal }, { stage: 'measure', done: i, total: queries.rows });
    found.push(index.search(row(queries, i), search).map((scored) => scored.row));
  }
  return depths.map((depth) =>
    neighbours.map((expected, i) => overlap(found[i].slice(0, Math.max(depth, k)), expected)),
  );
}

function explain(
  table: readonly TuningRow[],
  { chosen: place, ruledOutAt }: GateDecision,
  split: HeldOutSplit,
): string {
  const chosen = table[place];
  const baseline = table.find(({ quantizer }) => quantizer === 'sign');
  const found = `it finds ${percent(chosen.recall)} of the neighbours`;
  const against =
    chosen.quantizer === 'sign' ? '' : `, where sign finds ${percent(baseline?.recall ?? 0)}`;
  return [
    `Took ${chosen.quantizer}: on ${split.queries.rows} ${split.source}, ${found}${against}`,
    ...againstTheLevel(table, chosen, ruledOutAt),
    againstTheBest(table, chosen, ruledOutAt),
  ]
    .join('; ')
    .concat('.');
}

/** Against those that only a shallower depth ruled out. */
function againstTheLevel(
  table: readonly TuningRow[],
  chosen: TuningRow,
  ruledOutAt: GateDecision['ruledOutAt'],
): string[] {
  const level = table.flatMap((candidate, i) => {
    const depth = ruledOutAt[i];
    return depth ? [{ candidate, depth }] : [];
  });
  return level.map(({ candidate, depth }) => {
    const [mine, its] = [chosen, candidate].map(({ shallower }) => shallower[depth - 1]);
    const where = mine.rerank === 0 ? 'without re-ranking' : `re-ranking only ${mine.rerank}`;
    return `${candidate.quantizer} is level at that depth (${percent(candidate.recall)}), and finds ${percent(its.recall)} against ${percent(mine.recall)} ${where}`;
  });
}

/** Against the best of those that passed. */
function againstTheBest(
  table: readonly TuningRow[],
  chosen: TuningRow,
  ruledOutAt: GateDecision['ruledOutAt'],
): string {
  const passed = table.filter((_, i) => ruledOutAt[i] === undefined);
  const best = passed.reduce((a, b) => (b.recall > a.recall ? b : a));
  return best.recall === chosen.recall
    ? 'no other that passed finds more'
    : `${best.quantizer} finds ${percent(best.recall)}, which may be chance, and is less simple`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
