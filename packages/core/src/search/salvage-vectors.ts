import type { ByteSource } from '../format/checked-blocks.ts';
import { blockBytes } from '../format/checked-blocks.ts';
import { crc32 as crc32InJavascript } from '../format/crc32.ts';
import { bytesOfVector } from '../kernels/scan/vector-layout.ts';
import { checkpoint } from '../progress/task-options.ts';
import type { LoadIndexOptions } from './index-file.ts';
import { decodedVectors, isCount, readHeader } from './index-file.ts';
import { vectorFormats } from './vectors/vector-codecs.ts';

/** A vector of an index that cannot be loaded. */
export interface SalvagedVector {
  /** Among the rows of the file, from 0. */
  readonly place: number;
  readonly vector: Float32Array;
}

/**
 * Of an index that is damaged: the vectors whose bytes have the right checksums.
 *
 * @throws BitryoshkaError as `loadIndex`, where the header or the checksums themselves are damaged or missing
 */
export async function* salvageVectors(
  source: ByteSource,
  {
    crc32 = crc32InJavascript,
    signal,
    onProgress,
  }: Pick<LoadIndexOptions, 'crc32' | 'signal' | 'onProgress'> = {},
): AsyncGenerator<SalvagedVector> {
  const { headerBytes, slots, fields, checksums } = await readHeader(source, crc32);
  const { dimensions, storage: format } = fields;
  const slot = slots.vectors;
  if (!slot || !format || !vectorFormats.includes(format) || !isCount(dimensions, 1)) return;
  const perRow = bytesOfVector(format, dimensions);
  const rows = Math.floor((slot.end - slot.start) / perRow);
  let checked = -1;
  let isWhole = false;
  const isBlockWhole = async (block: number): Promise<boolean> => {
    if (block === checked) return isWhole;
    const start = block * blockBytes;
    const length = Math.min(blockBytes, slots.checksums.start - start);
    isWhole = crc32(await source.read(headerBytes + start, length), 0) === checksums[block];
    checked = block;
    await checkpoint(
      { signal, onProgress },
      { stage: 'salvage', done: block, total: checksums.length },
    );
    return isWhole;
  };
  for (let place = 0; place < rows; place++) {
    const start = slot.start + place * perRow;
    const [first, last] = [start, start + perRow - 1].map((at) => Math.floor(at / blockBytes));
    let block = first;
    while (block <= last && (await isBlockWhole(block))) block++;
    if (block <= last) continue;
    const bytes = await source.read(headerBytes + start, perRow);
    const { data } = decodedVectors(bytes, format, { rows: 1, columns: dimensions });
    yield { place, vector: data };
  }
}
