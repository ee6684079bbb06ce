import type { AffineMap } from '../transforms/affine-map.ts';
import type { HadamardMap } from '../transforms/hadamard-rotation.ts';
import {
  fewestHadamardDimensions,
  hadamardDimensions,
  hadamardFlips,
} from '../transforms/hadamard-rotation.ts';
import { isUint8Array } from '../vectors/typed-arrays.ts';
import { AffineQuantizer } from './affine-quantizer.ts';
import { DecodableQuantizer } from './decodable-quantizer.ts';
import { loadGroupQuantizer } from './groups/load-group-quantizer.ts';
import { AutoencoderQuantizer } from './learned/autoencoder-quantizer.ts';
import { loadHeadQuantizer } from './learned/load-head-quantizer.ts';
import { LinearDecoder } from './linear-decoder.ts';
import type { Quantizer } from './quantizer.ts';
import { invalidQuantizerFile, QuantizerFile } from './quantizer-file.ts';
import { loadResidualQuantizer } from './residual/load-residual-quantizer.ts';

/** By the `form` that a file's fields name; files of affine quantizers name none. */
const loaders: Readonly<Record<string, (file: QuantizerFile) => Quantizer>> = {
  affine: loadAffine,
  autoencoder: loadAutoencoder,
  decodable: loadDecodable,
  groups: loadGroupQuantizer,
  hadamard: loadHadamard,
  head: loadHeadQuantizer,
  residual: loadResidualQuantizer,
};

/**
 * Restores what `quantizer.save()` wrote.
 *
 * @throws BitryoshkaError `invalid-file`, `truncated-file`, `checksum-mismatch` or
 *   `unsupported-version`
 */
export function loadQuantizer(file: Uint8Array): Quantizer {
  return load(file, false);
}

/** The same for bytes that never left this process: a hash takes up to 65 ms for a megabyte. */
export function loadTrustedQuantizer(file: Uint8Array): Quantizer {
  return load(file, true);
}

function load(file: Uint8Array, isTrusted: boolean): Quantizer {
  const parsed = new QuantizerFile(file, isTrusted);
  const { form = 'affine' } = parsed.fields;
  const loader =
    typeof form === 'string' && Object.hasOwn(loaders, form) ? loaders[form] : undefined;
  if (!loader) {
    const known = Object.keys(loaders).join(', ');
    throw invalidQuantizerFile(`got form ${JSON.stringify(form)}, expected one of ${known}`);
  }
  return loader(parsed);
}

function loadAffine(file: QuantizerFile): Quantizer {
  return loadWithThresholds(file, loadMap(file));
}

function loadHadamard(file: QuantizerFile): Quantizer {
  const { bits, inputDimensions } = file;
  const dimensions = hadamardDimensions(inputDimensions, bits);
  if (dimensions < fewestHadamardDimensions) {
    throw invalidQuantizerFile(
      `got a rotation of ${dimensions} dimensions, expected at least ${fewestHadamardDimensions}`,
    );
  }
  const flips = file.tensors.flips?.data;
  const count = hadamardFlips(dimensions);
  const areFlips =
    isUint8Array(flips) && flips.length === count && flips.every((flip) => flip <= 1);
  if (!areFlips) throw invalidQuantizerFile(`got no ${count} flips of 0 or 1`);
  return loadWithThresholds(file, { flips, bias: file.floats('bias', [bits]), inputDimensions });
}

function loadWithThresholds(file: QuantizerFile, map: AffineMap | HadamardMap): Quantizer {
  const { kind, bits } = file;
  return new AffineQuantizer({
    kind,
    map,
    thresholds: {
      document: file.floats('document_thresholds', [bits]),
      query: file.floats('query_thresholds', [bits]),
    },
  });
}

function loadAutoencoder(file: QuantizerFile): Quantizer {
  const decoder = loadDecoder(file);
  // Files of earlier versions have one map for both.
  const restorer = file.tensors.restorer_weights ? loadCodeMap(file, 'restorer') : decoder.map;
  return new AutoencoderQuantizer(loadMap(file), restorer, decoder);
}

function loadDecodable(file: QuantizerFile): Quantizer {
  const inner = file.tensors.inner?.data;
  if (!isUint8Array(inner)) throw invalidQuantizerFile('got no inner quantizer');
  return new DecodableQuantizer(load(inner, file.isTrusted), loadDecoder(file));
}

function loadMap(file: QuantizerFile): AffineMap {
  const { bits, inputDimensions } = file;
  return {
    inputDimensions,
    bias: file.floats('bias', [bits]),
    ...(file.tensors.weights && {
      weights: {
        rows: bits,
        columns: inputDimensions,
        data: file.floats('weights', [bits, inputDimensions]),
      },
    }),
  };
}

function loadDecoder(file: QuantizerFile): LinearDecoder {
  const [smallest = 0, largest = 0] = file.floats('decoder_norm_range', [2]);
  return new LinearDecoder(loadCodeMap(file, 'decoder'), [smallest, largest]);
}

/** From codes to vectors. */
function loadCodeMap(file: QuantizerFile, name: 'decoder' | 'restorer'): AffineMap {
  const { bits, inputDimensions: dimensions } = file;
  const data = file.floats(`${name}_weights`, [dimensions, bits]);
  return {
    weights: { rows: dimensions, columns: bits, data },
    bias: file.floats(`${name}_bias`, [dimensions]),
    inputDimensions: bits,
  };
}
