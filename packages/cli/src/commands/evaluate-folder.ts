import type { EvaluationRow } from '@bitryoshka/core/evaluation';
import { evaluate } from '@bitryoshka/core/evaluation';
import type { QuantizerChoice } from '../evaluation/tuned-contender.ts';
import { withTunedContender } from '../evaluation/tuned-contender.ts';
import { findings } from '../report/findings.ts';
import { print, printJson } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { renderTable } from '../terminal/render-table.ts';
import { learnFromTitles } from '../vectors/learn-from-titles.ts';
import { readRetrievalTask } from '../vectors/read-document-vectors.ts';

export interface EvaluateFolderOptions {
  readonly vectors: string;
  /** The field or the column of the vectors. */
  readonly column?: string;
  readonly quantizers: readonly QuantizerChoice[];
  readonly bits: readonly number[];
  readonly rerank: readonly number[];
  /** The model of the vectors, to learn from the documents' titles as well. */
  readonly titles?: string | true;
  readonly seed: number;
  readonly json: boolean;
}

/** `bitryoshka eval`: quantizers side by side on a retrieval set whose vectors are stored. */
export async function evaluateFolder(
  folder: string,
  { vectors, column, json, titles: model, ...options }: EvaluateFolderOptions,
): Promise<void> {
  const task = await readRetrievalTask(folder, { vectors, column });
  const bar = new ProgressBar();
  const quantizers = withTunedContender(options.quantizers);
  const onProgress = bar.update;
  const run = async (): Promise<EvaluationRow[]> => {
    const documents = { ids: task.documentIds, vectors: task.documents };
    const lessons =
      model === undefined
        ? undefined
        : await learnFromTitles(folder, documents, { model, seed: options.seed, onProgress });
    return evaluate(task, { ...options, quantizers, lessons, onProgress });
  };
  const rows = await run().finally(() => bar.stop());
  if (json) {
    printJson(rows);
    return;
  }
  const { rows: documents, columns: dimensions } = task.documents;
  const ndcg10Float = rows[0]?.ndcg10Float ?? 0;
  for (const { of, text } of findings({ rows, ndcg10Float, dimensions })) print(`${of}: ${text}`);
  print(
    `${folder}: ${documents} documents, ${task.queries.rows} queries, ${dimensions} dimensions; nDCG@10 of the float vectors ${ndcg10Float.toFixed(3)}`,
  );
  print(table(rows));
}

function table(rows: readonly EvaluationRow[]): string {
  return renderTable(
    [
      'quantizer',
      'bits',
      'bytes',
      'scoring',
      'rerank',
      'nDCG@10',
      '% of float',
      'recall@10',
      'fit',
    ],
    rows.map((row) => [
      row.quantizer,
      String(row.bits),
      String(row.bytesPerVector),
      row.scoring,
      String(row.rerank),
      row.ndcg10.toFixed(3),
      ((100 * row.ndcg10) / row.ndcg10Float).toFixed(1),
      row.recall10.toFixed(3),
      `${row.fitSeconds.toFixed(2)} s`,
    ]),
  );
}
