import { bytesPerCode } from '../codes/codes.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import { fitQuantizer } from '../quantizers/fit-quantizer.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import type { QuantizerKind } from '../quantizers/quantizer-fitters.ts';
import { checkCount } from '../search/check-count.ts';
import { ExactIndex } from '../search/exact-index.ts';
import type { Scoring } from '../search/flat-index.ts';
import { FlatIndex } from '../search/flat-index.ts';
import type { ScoredRow } from '../search/top-rows.ts';
import { row } from '../vectors/matrix.ts';
import { ndcg, overlap } from './metrics.ts';
import type { RetrievalTask } from './retrieval-task.ts';

/** One way of searching, measured on one task. */
export interface EvaluationRow {
  readonly quantizer: string;
  readonly bits: number;
  /** What a score reads: the code as it lies in memory and, decoded, the byte of its length. */
  readonly bytesPerVector: number;
  readonly scoring: Scoring;
  /** How many of the best were scored with the float vectors at last; 0 for none. */
  readonly rerank: number;
  /** Mean nDCG@10. */
  readonly ndcg10: number;
  /** Mean nDCG@10 of searching the float vectors. */
  readonly ndcg10Float: number;
  /** Mean share of the 10 nearest float vectors that were found. */
  readonly recall10: number;
  readonly fitSeconds: number;
}

export interface EvaluateOptions extends TaskOptions {
  readonly quantizers: readonly QuantizerKind[];
  readonly bits: readonly number[];
  /** Depths of re-ranking. */
  readonly rerank: readonly number[];
  readonly seed?: number;
}

const depth = 10;
const scorings: readonly Scoring[] = ['symmetric', 'asymmetric', 'decoded'];

/**
 * Fits every quantizer at every length on the task's documents and measures all scorings of each at
 * every depth. Asymmetric and decoded scores rank all documents, not only Hamming candidates.
 *
 * @throws BitryoshkaError `invalid-option` for more bits than the vectors have dimensions
 */
export async function evaluate(
  task: RetrievalTask,
  options: EvaluateOptions,
): Promise<EvaluationRow[]> {
  for (const rerank of options.rerank) checkCount('rerank', rerank, 0);
  const exact = new ExactIndex(task.documents.columns);
  exact.add(task.documents);
  const nearest = searchAll(task, (query) => exact.search(query, { k: depth }));
  const ndcg10Float = meanNdcg(task, nearest);

  const rows: EvaluationRow[] = [];
  const total = options.quantizers.length * options.bits.length;
  for (const kind of options.quantizers) {
    for (const bits of options.bits) {
      const done = rows.length / (scorings.length * options.rerank.length || 1);
      await checkpoint(options, { stage: 'evaluate', done, total });
      const start = performance.now();
      const quantizer = await fitQuantizer(task.documents, { ...fitOptions(options), kind, bits });
      const fitSeconds = (performance.now() - start) / 1000;
      rows.push(
        ...measure(task, quantizer, exact, options.rerank, nearest).map((measured) => ({
          ...measured,
          ndcg10Float,
          fitSeconds,
        })),
      );
    }
  }
  options.onProgress?.({ stage: 'evaluate', done: total, total });
  return rows;
}

function fitOptions({ seed, signal }: EvaluateOptions) {
  return { signal, ...(seed !== undefined && { seed }) };
}

function measure(
  task: RetrievalTask,
  quantizer: Quantizer,
  exact: ExactIndex,
  reranks: readonly number[],
  nearest: readonly ScoredRow[][],
): Omit<EvaluationRow, 'ndcg10Float' | 'fitSeconds'>[] {
  const index = new FlatIndex(quantizer, exact.vectors);
  const candidates = task.documents.rows;
  return scorings.flatMap((scoring) =>
    reranks.map((rerank) => {
      const found = searchAll(task, (query) =>
        index.search(query, { k: depth, scoring, candidates, rerank }),
      );
      return {
        quantizer: quantizer.kind,
        bits: quantizer.bits,
        // A decoded score reads a byte for the length as well.
        bytesPerVector: bytesPerCode(quantizer.bits) + (scoring === 'decoded' ? 1 : 0),
        scoring,
        rerank,
        ndcg10: meanNdcg(task, found),
        recall10: mean(found.map((rows, i) => overlap(rowsOf(rows), rowsOf(nearest[i])))),
      };
    }),
  );
}

function searchAll(
  { queries }: RetrievalTask,
  search: (query: Float32Array) => ScoredRow[],
): ScoredRow[][] {
  return Array.from({ length: queries.rows }, (_, i) => search(row(queries, i)));
}

function meanNdcg(task: RetrievalTask, found: readonly ScoredRow[][]): number {
  return mean(
    found.map((rows, i) => {
      const ids = rows.map((scored) => task.documentIds[scored.row]);
      return ndcg(ids, task.relevance.get(task.queryIds[i]) ?? new Map(), depth);
    }),
  );
}

function rowsOf(scored: readonly ScoredRow[]): number[] {
  return scored.map(({ row: number }) => number);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
