import type { QuantizerKind } from '@bitryoshka/core';
import { fitQuantizer, selectRows } from '@bitryoshka/core';
import type {
  Contender,
  EvaluateOptions,
  EvaluationRow,
  RetrievalTask,
} from '@bitryoshka/core/evaluation';
import { evaluate } from '@bitryoshka/core/evaluation';
import { checkpoint } from '@bitryoshka/core/internal';
import { trainCodes } from '@bitryoshka/core/training';
import { correlateBits } from './correlate-bits.ts';
import type { InspectedQuantizer } from './inspected-quantizer.ts';
import { measureBalance } from './measure-balance.ts';
import { measureDistributions } from './measure-distributions.ts';
import { measureTimes } from './measure-times.ts';
import type { ReportData } from './report-data.ts';

/**
 * Evaluates quantizers on a task, and looks into those of the middle length. Quantizers are fitted as
 * `evaluate` fits them.
 *
 * @throws BitryoshkaError as `evaluate` does
 */
export async function collectReportData(
  task: RetrievalTask,
  vectors: string,
  options: EvaluateOptions,
): Promise<ReportData> {
  const rows = await evaluate(task, options);
  const lengths = [...new Set(options.bits)].sort((a, b) => a - b);
  const inspectedBits = lengths[(lengths.length - 1) >> 1]!;
  const inspected = await fitAll(task, rows, inspectedBits, options);
  const best = inspected.find(({ name }) => name === bestName(rows, inspectedBits));
  return {
    folder: task.name,
    vectors,
    documents: task.documents.rows,
    queries: task.queries.rows,
    dimensions: task.documents.columns,
    ndcg10Float: rows[0]!.ndcg10Float,
    rows,
    inspectedBits,
    distributions: measureDistributions(task, inspected),
    balance: inspected.map((one) => measureBalance(task, one)),
    correlation: correlateBits(task.documents, best ?? inspected[0]!),
    times: await measureTimes(task, inspected, options),
    training: inspected.find(({ training }) => training)?.training,
  };
}

async function fitAll(
  task: RetrievalTask,
  rows: readonly EvaluationRow[],
  bits: number,
  options: EvaluateOptions,
): Promise<InspectedQuantizer[]> {
  const wanted = [...new Set(options.quantizers)];
  const fitted: InspectedQuantizer[] = [];
  for (const [done, one] of wanted.entries()) {
    await checkpoint(options, { stage: 'inspect', done, total: wanted.length });
    const name = typeof one === 'string' ? one : one.name;
    const start = performance.now();
    const { quantizer, training } = await fit(task, one, bits, options);
    const fitSeconds = (performance.now() - start) / 1000;
    const own = rows.filter((row) => row.quantizer === name);
    const scorings = [...new Set(own.map(({ scoring }) => scoring))];
    fitted.push({ name, quantizer, fitSeconds, scorings, training });
  }
  return fitted;
}

async function fit(
  { documents, queries }: RetrievalTask,
  wanted: QuantizerKind | Contender,
  bits: number,
  { signal, seed }: EvaluateOptions,
): Promise<Pick<InspectedQuantizer, 'quantizer' | 'training'>> {
  const options = { bits, signal, ...(seed !== undefined && { seed }) };
  if (typeof wanted !== 'string') return { quantizer: await wanted.fit(documents, options) };
  if (wanted === 'head') {
    const { quantizer, ...training } = await trainCodes(documents, options);
    return { quantizer, training };
  }
  // Learned from one half of the queries, as where it is evaluated.
  const half = Array.from({ length: Math.ceil(queries.rows / 2) }, (_, i) => 2 * i);
  const learned = wanted.endsWith('-per-side') ? { queries: selectRows(queries, half) } : {};
  return { quantizer: await fitQuantizer(documents, { ...options, kind: wanted, ...learned }) };
}

/** Re-ranking hides differences between codes, so the shallowest depth decides. */
function bestName(rows: readonly EvaluationRow[], bits: number): string | undefined {
  const shallowest = Math.min(...rows.map(({ rerank }) => rerank));
  return rows
    .filter((row) => row.bits === bits && row.rerank === shallowest)
    .toSorted((a, b) => b.recall10 - a.recall10)[0]?.quantizer;
}
