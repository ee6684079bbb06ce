import type { QuantizerKind } from '@bitryoshka/core';
import { fitQuantizer } from '@bitryoshka/core';
import { checkReplaceable, replaceFile } from '@bitryoshka/core/node';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { readDocumentVectors } from '../vectors/read-document-vectors.ts';

export interface FitToFileOptions {
  readonly vectors?: string;
  readonly kind: QuantizerKind;
  readonly bits: number;
  readonly queries?: string;
  readonly seed: number;
  readonly out: string;
}

/** `bitryoshka fit`: a quantizer of one kind, learned from stored vectors, as a file. */
export async function fitToFile(
  path: string,
  { vectors, kind, bits, queries, seed, out }: FitToFileOptions,
): Promise<void> {
  await checkReplaceable(out);
  const documents = await readDocumentVectors(path, vectors);
  const asked = queries === undefined ? undefined : await readDocumentVectors(queries);
  const bar = new ProgressBar();
  const quantizer = await fitQuantizer(documents.vectors, {
    kind,
    bits,
    seed,
    queries: asked?.vectors,
    onProgress: bar.update,
  }).finally(() => bar.stop());
  const file = quantizer.save();
  await replaceFile(out, file);
  const { rows, columns } = documents.vectors;
  console.log(
    `${out}: ${kind}, ${columns} dimensions to ${bits} bits, learned from ${rows} vectors; ${file.length} bytes`,
  );
}
