import type { AffineMap } from '../../transforms/affine-map.ts';
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
  const codebooks = {
    rows,
    columns: dimensions,
    data: file.floats('codebooks', [rows, dimensions]),
  };
  return new ResidualQuantizer({
    first: {
      encoder: map('weights', 'bias', firstBits, dimensions),
      restorer: map('restorer_weights', 'restorer_bias', dimensions, firstBits),
    },
    decoder: new ResidualDecoder(
      map('decoder_weights', 'decoder_bias', dimensions, firstBits),
      codebooks,
      [smallest, largest],
    ),
    beam,
  });

  function map(weights: string, bias: string, outputs: number, inputs: number): AffineMap {
    const data = file.floats(weights, [outputs, inputs]);
    return {
      weights: { rows: outputs, columns: inputs, data },
      bias: file.floats(bias, [outputs]),
      inputDimensions: inputs,
    };
  }
}

function isFrom(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
