import { bytesPerCode } from '../codes/codes.ts';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { overlap } from '../evaluation/metrics/overlap.ts';
import { bootstrapInterval } from '../evaluation/statistics/bootstrap-interval.ts';
import { pairedBootstrap } from '../evaluation/statistics/paired-bootstrap.ts';
import { checkpoint } from '../progress/task-options.ts';
import { fitQuantizer, quantizerKinds } from '../quantizers/fit-quantizer.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { QuantizerKind } from '../quantizers/quantizer-fitters.ts';
import { checkCount } from '../search/check-count.ts';
import { ExactIndex } from '../search/exact-index.ts';
import type { Scoring } from '../search/flat-index.ts';
import { FlatIndex } from '../search/flat-index.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { checkNotEmpty, row, toMatrix } from '../vectors/matrix.ts';
import type { HeldOutSplit } from './held-out-split.ts';
import { splitHeldOut } from './held-out-split.ts';
import type { TuneOptions } from './tuning-options.ts';

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
  /** Whether the best candidate is better than this one by more than chance. */
  readonly beaten: boolean;
  readonly chosen: boolean;
}

export interface TuningResult {
  /** The chosen kind, fitted to all vectors. */
  readonly quantizer: Quantizer;
  readonly scoring: Scoring;
  /** In the order of `candidates`; empty where there were too few vectors to compare. */
  readonly table: readonly TuningRow[];
  /** Why, in words. */
  readonly reason: string;
}

/** Simplest first: a later one has to earn its place. */
const defaultCandidates: readonly QuantizerKind[] = ['sign', 'median', 'itq', 'autoencoder'];
/** With fewer, the held-out part would say nothing. */
const fewestVectors = 100;

interface Measured {
  readonly shown: Omit<TuningRow, 'beaten' | 'chosen'>;
  /** By query. */
  readonly recalls: readonly number[];
}

/**
 * Fits every candidate to a part of the vectors, asks the held-out rest, and takes the simplest one that
 * no other beats by more than chance (paired bootstrap over the queries, 95 %). So nobody ships a
 * setting that hurts: `sign`, the baseline, is always among the candidates.
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
  const candidates = checkedCandidates(options.candidates);
  const fit = (documents: Matrix, kind: QuantizerKind) =>
    fitQuantizer(documents, { kind, bits, seed, signal, queries: options.queries });

  if (matrix.rows < fewestVectors) {
    return {
      quantizer: await fit(matrix, 'sign'),
      scoring,
      table: [],
      reason: `Took sign: ${matrix.rows} vectors are too few to compare on; it takes ${fewestVectors}.`,
    };
  }
  const split = splitHeldOut(matrix, { queries: options.queries, k, seed });
  const measured: Measured[] = [];
  for (const kind of candidates) {
    await checkpoint(options, {
      stage: 'tune',
      done: measured.length,
      total: candidates.length + 1,
    });
    const start = performance.now();
    const quantizer = await fit(split.documents, kind);
    const fitSeconds = (performance.now() - start) / 1000;
    const recalls = measureRecalls(quantizer, split, { k, rerank, scoring });
    const { mean, low, high } = bootstrapInterval(recalls, { seed });
    measured.push({
      recalls,
      shown: {
        quantizer: kind,
        bits,
        // A decoded score reads a byte for the length as well.
        bytesPerVector: bytesPerCode(bits) + (scoring === 'decoded' ? 1 : 0),
        scoring,
        rerank,
        recall: mean,
        interval: [low, high],
        fitSeconds,
      },
    });
  }
  const table = decide(measured, seed);
  const chosen = table.find((candidate) => candidate.chosen) as TuningRow;
  const quantizer = await fit(matrix, chosen.quantizer);
  const total = candidates.length + 1;
  options.onProgress?.({ stage: 'tune', done: total, total });
  return { quantizer, scoring, table, reason: explain(table, chosen, split) };
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

interface MeasureOptions {
  readonly k: number;
  readonly rerank: number;
  readonly scoring: Scoring;
}

/** By query: the share of the nearest neighbours that are found. */
function measureRecalls(
  quantizer: Quantizer,
  { documents, queries, neighbours }: HeldOutSplit,
  { k, rerank, scoring }: MeasureOptions,
): number[] {
  const exact = new ExactIndex(documents.columns);
  exact.add(documents);
  const index = new FlatIndex(quantizer, exact.vectors);
  return neighbours.map((expected, i) => {
    const search = { k, rerank, scoring, candidates: documents.rows };
    const found = index.search(row(queries, i), search).map((scored) => scored.row);
    return overlap(found, expected);
  });
}

function decide(measured: readonly Measured[], seed: number): TuningRow[] {
  const best = measured.reduce((a, b) => (b.shown.recall > a.shown.recall ? b : a));
  const beaten = measured.map(
    ({ recalls }) => pairedBootstrap(best.recalls, recalls, { seed }).low > 0,
  );
  const chosen = beaten.indexOf(false);
  return measured.map(({ shown }, i) => ({
    ...shown,
    beaten: beaten[i],
    chosen: i === chosen,
  }));
}

function explain(table: readonly TuningRow[], chosen: TuningRow, split: HeldOutSplit): string {
  const best = table.reduce((a, b) => (b.recall > a.recall ? b : a));
  const baseline = table.find(({ quantizer }) => quantizer === 'sign');
  const found = `it finds ${percent(chosen.recall)} of the neighbours`;
  const against =
    chosen.quantizer === 'sign' ? '' : `, where sign finds ${percent(baseline?.recall ?? 0)}`;
  const why =
    chosen === best
      ? 'no other finds more'
      : `${best.quantizer} finds ${percent(best.recall)}, which may be chance, and is less simple`;
  return `Took ${chosen.quantizer}: on ${split.queries.rows} ${split.source}, ${found}${against}; ${why}.`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
