import type { QuantizerKind, Scoring, TuningResult } from '@bitryoshka/core';
import { tune } from '@bitryoshka/core';
import { checkReplaceable, replaceFile } from '@bitryoshka/core/node';
import { print, printJson } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { renderTable } from '../terminal/render-table.ts';
import type { VectorPlace } from '../vectors/read-document-vectors.ts';
import { readDocumentVectors } from '../vectors/read-document-vectors.ts';

export interface TuneQuantizerOptions extends VectorPlace {
  readonly bits?: number;
  readonly bytes?: number;
  readonly queries?: string;
  readonly k: number;
  readonly rerank: number;
  readonly candidates?: readonly QuantizerKind[];
  readonly scoring?: Scoring;
  readonly seed: number;
  readonly out?: string;
  readonly json: boolean;
}

/** `bitryoshka tune`: which quantizer finds most on held-out vectors, and why. */
export async function tuneQuantizer(
  path: string,
  { vectors, column, bits, bytes, queries, out, json, ...options }: TuneQuantizerOptions,
): Promise<void> {
  if (out !== undefined) await checkReplaceable(out);
  const documents = await readDocumentVectors(path, { vectors, column });
  const asked = queries === undefined ? undefined : await readDocumentVectors(queries, { column });
  const bar = new ProgressBar();
  const result = await tune(documents.vectors, {
    ...options,
    bits,
    bytesPerVector: bytes,
    queries: asked?.vectors,
    onProgress: bar.update,
  }).finally(() => bar.stop());
  if (out !== undefined) await replaceFile(out, result.quantizer.save());
  if (json) {
    const { table, reason, scoring } = result;
    const { kind: quantizer, bits: length } = result.quantizer;
    printJson({ quantizer, bits: length, scoring, reason, table });
    return;
  }
  print(table(result));
  print(result.reason);
  if (out !== undefined) print(`Saved to ${out}.`);
}

function table({ table: rows }: TuningResult): string {
  return renderTable(
    ['quantizer', 'bits', 'bytes', 'scoring', 'rerank', 'recall', '95 %', 'no rerank', 'fit', ''],
    rows.map((row) => [
      row.quantizer,
      String(row.bits),
      String(row.bytesPerVector),
      row.scoring,
      String(row.rerank),
      row.recall.toFixed(3),
      row.interval.map((end) => end.toFixed(3)).join('–'),
      (row.shallower.at(-1)?.recall ?? row.recall).toFixed(3),
      `${row.fitSeconds.toFixed(2)} s`,
      row.chosen ? 'taken' : row.beaten ? 'beaten' : '',
    ]),
  );
}
