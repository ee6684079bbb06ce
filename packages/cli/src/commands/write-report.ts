import { checkReplaceable, replaceFile } from '@bitryoshka/core/node';
import type { QuantizerChoice } from '../evaluation/tuned-contender.ts';
import { withTunedContender } from '../evaluation/tuned-contender.ts';
import { collectReportData } from '../report/collect-report-data.ts';
import { renderPage } from '../report/page.ts';
import { describeCommand } from '../report/provenance.ts';
import { print, printJson } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { readRetrievalTask } from '../vectors/read-document-vectors.ts';
import { packageVersion } from './package-version.ts';

export interface WriteReportOptions {
  readonly vectors: string;
  /** The field or the column of the vectors. */
  readonly column?: string;
  readonly out: string;
  readonly quantizers: readonly QuantizerChoice[];
  readonly bits: readonly number[];
  readonly rerank: readonly number[];
  readonly seed: number;
  readonly json: boolean;
}

/** `bitryoshka report`: an evaluation as a page with charts, or as the data behind them. */
export async function writeReport(
  folder: string,
  { vectors, column, out, json, ...options }: WriteReportOptions,
): Promise<void> {
  if (!json) await checkReplaceable(out);
  const task = await readRetrievalTask(folder, { vectors, column });
  const bar = new ProgressBar();
  const data = await collectReportData(task, vectors, {
    ...options,
    quantizers: withTunedContender(options.quantizers),
    onProgress: bar.update,
  }).finally(() => bar.stop());
  if (json) {
    printJson(data);
    return;
  }
  const command = describeCommand(['bitryoshka', 'report', folder], {
    vectors,
    ...(column !== undefined && { column }),
    out,
    ...options,
  });
  const provenance = { written: new Date(), version: packageVersion(), command };
  await replaceFile(out, renderPage(data, provenance));
  print(`${out}: ${data.rows.length} measurements of ${folder}`);
}
