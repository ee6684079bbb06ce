import { bytesPerCode } from '../codes/codes.ts';
import { checkCount } from '../errors/check-count.ts';
import type { TaskOptions } from '../progress/task-options.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { QuantizerKind } from '../quantizers/families.ts';
import { fitQuantizer } from '../quantizers/fit.ts';
import type { Quantizer } from '../quantizers/quantizer.ts';
import { BinaryIndex } from '../search/binary-index.ts';
import { ExactIndex } from '../search/exact-index.ts';
import type { Scoring } from '../search/ranking/code-scoring.ts';
import type { ScoredRow } from '../search/ranking/top-k.ts';
import type { CorpusLessons } from '../training/learn-from-corpus.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { row, selectRows } from '../vectors/matrix.ts';
import { ndcg } from './metrics/ndcg.ts';
import { overlap } from './metrics/overlap.ts';
import type { RetrievalTask } from './retrieval-task.ts';
import { mean } from './statistics/mean.ts';

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

/** Something to measure that is fitted in a way of its own. */
export interface Contender {
  readonly name: string;
  readonly fit: (documents: Matrix, options: ContenderFitOptions) => Promise<Quantizer>;
}

export interface ContenderFitOptions {
  readonly bits: number;
  readonly queries?: Matrix | undefined;
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface EvaluateOptions extends TaskOptions {
  readonly quantizers: readonly (QuantizerKind | Contender)[];
  readonly bits: readonly number[];
  /** Depths of re-ranking. */
  readonly rerank: readonly number[];
  /** What quantizers learn from besides the documents: never the queries that are asked. */
  readonly lessons?: CorpusLessons | undefined;
  readonly seed?: number;
}

const depth = 10;
const scorings: readonly Scoring[] = ['symmetric', 'asymmetric', 'decoded'];

/** A quantizer, and the rows of the queries that it is asked. */
interface FittedPart {
  readonly quantizer: Quantizer;
  readonly queries: readonly number[];
}

/**
 * Fits every quantizer at every length on the task's documents and measures all scorings of each at
 * every depth. Asymmetric and decoded scores rank all documents, not only Hamming candidates.
 *
 * Kinds whose thresholds are learned from queries (`…-per-side`) are fitted twice, each time to one half
 * of the queries, and asked the other half. Judgements are never shown to any.
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
  const nearest = Array.from({ length: task.queries.rows }, (_, i) =>
    exact.search(row(task.queries, i), { k: depth }),
  );
  const ndcg10Float = meanNdcg(task, nearest);

  const rows: EvaluationRow[] = [];
  const total = options.quantizers.length * options.bits.length;
  for (const [i, wanted] of options.quantizers.entries()) {
    const quantizer = typeof wanted === 'string' ? wanted : wanted.name;
    for (const [j, bits] of options.bits.entries()) {
      const done = i * options.bits.length + j;
      await checkpoint(options, { stage: 'evaluate', done, total });
      const start = performance.now();
      const parts = await fitParts(task, wanted, bits, options);
      const fitSeconds = (performance.now() - start) / 1000 / parts.length;
      for (const measured of measure(task, parts, exact, options.rerank, nearest)) {
        rows.push({ quantizer, bits, ...measured, ndcg10Float, fitSeconds });
      }
    }
  }
  options.onProgress?.({ stage: 'evaluate', done: total, total });
  return rows;
}

async function fitParts(
  { documents, queries }: RetrievalTask,
  wanted: QuantizerKind | Contender,
  bits: number,
  { seed, signal, lessons }: EvaluateOptions,
): Promise<FittedPart[]> {
  const options = {
    bits,
    // What was asked for is what is measured.
    check: false,
    signal,
    queries: lessons?.queries,
    ...(seed !== undefined && { seed }),
  };
  const all = Array.from({ length: queries.rows }, (_, i) => i);
  if (typeof wanted !== 'string') {
    return [{ quantizer: await wanted.fit(documents, options), queries: all }];
  }
  if (!wanted.endsWith('-per-side') || all.length < 2) {
    // Other kinds learn from queries alone.
    const learned = wanted === 'head' && lessons ? { train: { pairs: lessons.pairs } } : undefined;
    const quantizer = await fitQuantizer(documents, { ...options, kind: wanted, learned });
    return [{ quantizer, queries: all }];
  }
  const parts: FittedPart[] = [];
  for (const half of [0, 1]) {
    const learned = selectRows(
      queries,
      all.filter((i) => i % 2 !== half),
    );
    const fit = { ...options, kind: wanted, queries: learned };
    const asked = all.filter((i) => i % 2 === half);
    parts.push({ quantizer: await fitQuantizer(documents, fit), queries: asked });
  }
  return parts;
}

function measure(
  task: RetrievalTask,
  parts: readonly FittedPart[],
  exact: ExactIndex,
  reranks: readonly number[],
  nearest: readonly ScoredRow[][],
): Omit<EvaluationRow, 'quantizer' | 'bits' | 'ndcg10Float' | 'fitSeconds'>[] {
  const indexes = parts.map(
    ({ quantizer }) => new BinaryIndex({ quantizer, vectors: exact.vectors }),
  );
  const candidates = task.documents.rows;
  return scorings.flatMap((scoring) =>
    reranks.map((rerank) => {
      const found: ScoredRow[][] = [];
      for (const [p, { queries }] of parts.entries()) {
        for (const i of queries) {
          const search = { k: depth, scoring, candidates, rerank };
          found[i] = indexes[p].search(row(task.queries, i), search);
        }
      }
      const codeBytes = bytesPerCode(parts[0].quantizer.bits);
      return {
        // A decoded score reads a byte for the length as well.
        bytesPerVector: codeBytes + (scoring === 'decoded' ? 1 : 0),
        scoring,
        rerank,
        ndcg10: meanNdcg(task, found),
        recall10: mean(found.map((rows, i) => overlap(rowsOf(rows), rowsOf(nearest[i])))),
      };
    }),
  );
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
