import type { FitOptions, Matrix, Quantizer } from '@bitryoshka/core';
import { fitQuantizer } from '@bitryoshka/core';
import type { PresetModel } from '@bitryoshka/core/node';
import { checkReplaceable, loadPreset, replaceFile } from '@bitryoshka/core/node';
import { refineThresholds, sampleVectors } from '@bitryoshka/core/training';
import { countOf } from '../terminal/format.ts';
import { print } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { encodeNpy } from '../vectors/npy.ts';
import type { VectorPlace } from '../vectors/read-document-vectors.ts';
import { readDocumentBlocks, readDocumentVectors } from '../vectors/read-document-vectors.ts';

export interface FitToFileOptions extends Pick<FitOptions, 'kind' | 'bits'>, VectorPlace {
  /** Refine the thresholds that come with the package for this model, instead of learning anew. */
  readonly preset?: PresetModel;
  readonly queries?: string;
  readonly seed: number;
  readonly out: string;
  /** Where the codes of the vectors go, as an array of NumPy. */
  readonly encode?: string;
}

/**
 * `bitryoshka fit`: a quantizer of one kind, learned from stored vectors, as a file. The vectors are read
 * block by block and need not fit in memory.
 */
export async function fitToFile(path: string, options: FitToFileOptions): Promise<void> {
  const { kind, bits, preset, seed, out, encode } = options;
  for (const file of [out, encode]) if (file !== undefined) await checkReplaceable(file);
  const asked =
    options.queries === undefined
      ? undefined
      : await readDocumentVectors(options.queries, { column: options.column });
  const queries = asked?.vectors;
  let rows = 0;
  async function* blocks() {
    for await (const block of readDocumentBlocks(path, options)) {
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
  if (encode !== undefined)
    await encodeToFile(encode, quantizer, readDocumentBlocks(path, options));
}

/** One row of bytes per code, bit 0 of each first (`numpy.unpackbits(codes, axis=1, bitorder="little")`). */
async function encodeToFile(
  file: string,
  quantizer: Quantizer,
  blocks: AsyncIterable<Matrix>,
): Promise<void> {
  const bytes = Math.ceil(quantizer.bits / 8);
  const parts: Uint8Array[] = [];
  let rows = 0;
  for await (const block of blocks) {
    const { data, bytesPerCode } = quantizer.encode(block, 'document');
    // Without what pads a code to whole words.
    const codes = new Uint8Array(block.rows * bytes);
    for (let i = 0; i < block.rows; i++) {
      const start = i * bytesPerCode;
      codes.set(data.subarray(start, start + bytes), i * bytes);
    }
    parts.push(codes);
    rows += block.rows;
  }
  await replaceFile(file, encodeNpy(rows, bytes, parts));
  print(`${file}: ${countOf(rows, 'code')} of ${countOf(bytes, 'byte')}`);
}
