import { checkCount } from '../../errors/check-count.ts';
import type { TaskOptions } from '../../progress/task-options.ts';
import { checkpoint } from '../../progress/task-options.ts';
import { ExactIndex } from '../../search/exact-index.ts';
import type { ScoredRow } from '../../search/ranking/top-k.ts';
import { TopK } from '../../search/ranking/top-k.ts';
import { checkNotEmpty, row } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { EvaluationRow } from '../evaluate.ts';
import { ndcg } from '../metrics/ndcg.ts';
import { overlap } from '../metrics/overlap.ts';
import type { RetrievalTask } from '../retrieval-task.ts';
import { mean } from '../statistics/mean.ts';
import type { Baseline } from './baseline.ts';
import { float32Baseline } from './float32-baseline.ts';
import { int8Baseline } from './int8-baseline.ts';

/** A baseline as a row of the table that `evaluate` makes; `quantizer` holds its name. */
export type BaselineRow = Pick<
  EvaluationRow,
  | 'quantizer'
  | 'bits'
  | 'bytesPerVector'
  | 'scoring'
  | 'rerank'
  | 'ndcg10'
  | 'ndcg10Float'
  | 'recall10'
  | 'fitSeconds'
>;

export interface EvaluateBaselinesOptions extends TaskOptions {
  /**
   * Bytes per vector. For each of them the vectors are truncated to as many float32 values, and as many
   * int8 values and a scale, as fit into it. Default: 8, 16, 32, 64 and 128.
   */
  readonly bytes?: readonly number[];
  /** Depths of re-ranking. Default: none. */
  readonly rerank?: readonly number[];
}

const depth = 10;
/** Of the scale that goes with the int8 values of a vector, and of one float32 value. */
const floatBytes = 4;

/**
 * What plain truncation and 8-bit values reach on a task: whole vectors in float32 and int8, and the
 * leading dimensions of both that fit into the same bytes as a code. Truncation assumes a Matryoshka
 * model, whose leading dimensions say most. Every document is scored.
 *
 * @throws BitryoshkaError `invalid-option` for a depth below 0 or for bytes that hold no dimension,
 *   `empty-input` without documents or queries, `dimension-mismatch` or `not-finite`
 */
export async function evaluateBaselines(
  task: RetrievalTask,
  options: EvaluateBaselinesOptions = {},
): Promise<BaselineRow[]> {
  const { bytes = [8, 16, 32, 64, 128], rerank: reranks = [0] } = options;
  for (const budget of bytes) checkCount('bytes', budget, floatBytes + 1);
  for (const rerank of reranks) checkCount('rerank', rerank, 0);
  checkNotEmpty(task.documents, `${task.name}: documents`);
  checkNotEmpty(task.queries, `${task.name}: queries`);
  const exact = new ExactIndex(task.documents.columns);
  exact.add(task.documents);
  const queries = normalizeRows(task.queries);
  const units = Array.from({ length: queries.rows }, (_, i) => row(queries, i));
  const nearest = units.map((query) => exact.search(query, { k: depth }));
  const ndcg10Float = meanNdcg(task, nearest);

  const rows: BaselineRow[] = [];
  const makers = baselineMakers(task, bytes);
  const total = makers.length;
  for (const [done, make] of makers.entries()) {
    await checkpoint(options, { stage: 'evaluate', done, total });
    const baseline = make();
    const { name: quantizer, bits, bytesPerVector } = baseline;
    const best = units.map((query) => topRows(baseline, query, Math.max(depth, ...reranks)));
    for (const rerank of reranks) {
      const found = best.map((scored, i) => rescored(exact, units[i], scored, rerank));
      rows.push({
        quantizer,
        bits,
        bytesPerVector,
        scoring: 'asymmetric',
        rerank,
        ndcg10: meanNdcg(task, found),
        ndcg10Float,
        recall10: mean(found.map((some, i) => overlap(rowsOf(some), rowsOf(nearest[i])))),
        fitSeconds: 0,
      });
    }
  }
  options.onProgress?.({ stage: 'evaluate', done: total, total });
  return rows;
}

/** Made one at a time, so that only one is in memory. */
function baselineMakers(
  { documents }: RetrievalTask,
  bytes: readonly number[],
): (() => Baseline)[] {
  const { columns } = documents;
  const dimensionsOf = (fit: (budget: number) => number) =>
    new Set([columns, ...bytes.map(fit).filter((dimensions) => dimensions < columns)]);
  const float32 = dimensionsOf((budget) => Math.floor(budget / floatBytes));
  const int8 = dimensionsOf((budget) => budget - floatBytes);
  return [
    ...Array.from(float32, (dimensions) => () => float32Baseline(documents, dimensions)),
    ...Array.from(int8, (dimensions) => () => int8Baseline(documents, dimensions)),
  ];
}

function topRows(baseline: Baseline, query: Float32Array, count: number): ScoredRow[] {
  const top = new TopK(count);
  const scores = baseline.score(query);
  for (let i = 0; i < scores.length; i++) top.offer(i, scores[i]);
  return top.rows();
}

function rescored(
  exact: ExactIndex,
  query: Float32Array,
  scored: readonly ScoredRow[],
  rerank: number,
): ScoredRow[] {
  if (rerank === 0) return scored.slice(0, depth);
  const top = new TopK(depth);
  const rows = rowsOf(scored.slice(0, Math.max(rerank, depth)));
  exact.vectors.scores(rows, query).forEach((score, i) => {
    top.offer(rows[i], score);
  });
  return top.rows();
}

function meanNdcg(task: RetrievalTask, found: readonly ScoredRow[][]): number {
  return mean(
    found.map((scored, i) => {
      const ids = rowsOf(scored).map((number) => task.documentIds[number]);
      return ndcg(ids, task.relevance.get(task.queryIds[i]) ?? new Map(), depth);
    }),
  );
}

function rowsOf(scored: readonly ScoredRow[]): number[] {
  return scored.map(({ row: number }) => number);
}
