import type { FitOptions, Quantizer } from '@bitryoshka/core';
import { fitQuantizer } from '@bitryoshka/core';
import type { PresetModel } from '@bitryoshka/core/node';
import { checkReplaceable, loadPreset, replaceFile } from '@bitryoshka/core/node';
import { refineThresholds, sampleVectors } from '@bitryoshka/core/training';
import { print } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { readDocumentBlocks, readDocumentVectors } from '../vectors/read-document-vectors.ts';

export interface FitToFileOptions extends Pick<FitOptions, 'kind' | 'bits'> {
  readonly vectors?: string;
  /** Refine the thresholds that come with the package for this model, instead of learning anew. */
  readonly preset?: PresetModel;
  readonly queries?: string;
  readonly seed: number;
  readonly out: string;
}

/**
 * `bitryoshka fit`: a quantizer of one kind, learned from stored vectors, as a file. The vectors are read
 * block by block and need not fit in memory.
 */
export async function fitToFile(path: string, options: FitToFileOptions): Promise<void> {
  const { vectors: subfolder, kind, bits, preset, seed, out } = options;
  await checkReplaceable(out);
  const asked =
    options.queries === undefined ? undefined : await readDocumentVectors(options.queries);
  const queries = asked?.vectors;
  let rows = 0;
  async function* blocks() {
    for await (const block of readDocumentBlocks(path, subfolder)) {
      rows += block.rows;
      yield block;
    }
  }
  const bar = new ProgressBar();
  const task = { seed, onProgress: bar.update };
  const fit = async (): Promise<Quantizer> =>
    preset === undefined
      ? fitQuantizer(blocks(), { ...task, kind, bits, queries })
      : refineThresholds(
          await loadPreset(preset, { kind: 'median' }),
          await sampleVectors(blocks(), task),
          queries && { queries },
        );
  const quantizer = await fit().finally(() => bar.stop());
  const file = quantizer.save();
  await replaceFile(out, file);
  const { kind: fitted, inputDimensions, bits: length } = quantizer;
  const source = preset === undefined ? 'learned' : `preset ${preset}, refined`;
  print(
    `${out}: ${fitted}, ${inputDimensions} dimensions to ${length} bits, ${source} from ${rows} vectors; ${file.length} bytes`,
  );
}
