import type { Quantizer } from '../quantizer.ts';
import type { QuantizerFile } from '../quantizer-file.ts';
import { invalidQuantizerFile } from '../quantizer-file.ts';
import { wordCount } from './codeword-search.ts';
import { ResidualDecoder } from './residual-decoder.ts';
import { ResidualQuantizer } from './residual-quantizer.ts';

/** More choices take memory and find nothing. */
const largestBeam = 256;

/**
 * @throws BitryoshkaError `invalid-file`
 */
export function loadResidualQuantizer(file: QuantizerFile): Quantizer {
  const { bits, inputDimensions: dimensions } = file;
  const { firstBits, beam } = file.fields;
  if (!isFrom(firstBits, 8, bits - 8) || firstBits % 8 !== 0 || bits % 8 !== 0) {
    throw invalidQuantizerFile(
      `got ${JSON.stringify(firstBits)} first bits of ${bits}, expected whole bytes of each part`,
    );
  }
  if (!isFrom(beam, 1, largestBeam)) {
    throw invalidQuantizerFile(
      `got a beam of ${JSON.stringify(beam)}, expected 1 to ${largestBeam}`,
    );
  }
  const rows = (wordCount * (bits - firstBits)) / 8;
  const [smallest = 0, largest = 0] = file.floats('decoder_norm_range', [2]);
  const map = {
    weights: {
      rows: dimensions,
      columns: firstBits,
      data: file.floats('decoder_weights', [dimensions, firstBits]),
    },
    bias: file.floats('decoder_bias', [dimensions]),
    inputDimensions: firstBits,
  };
  const codebooks = {
    rows,
    columns: dimensions,
    data: file.floats('codebooks', [rows, dimensions]),
  };
  return new ResidualQuantizer({
    encoder: {
      weights: {
        rows: firstBits,
        columns: dimensions,
        data: file.floats('weights', [firstBits, dimensions]),
      },
      bias: file.floats('bias', [firstBits]),
      inputDimensions: dimensions,
    },
    decoder: new ResidualDecoder(map, codebooks, [smallest, largest]),
    beam,
  });
}

function isFrom(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
