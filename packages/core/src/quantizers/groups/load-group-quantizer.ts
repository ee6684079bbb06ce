import type { AffineMap } from '../../transforms/affine-map.ts';
import { isFloat32Array } from '../../vectors/typed-arrays.ts';
import type { Quantizer } from '../quantizer.ts';
import type { QuantizerFile } from '../quantizer-file.ts';
import { invalidQuantizerFile } from '../quantizer-file.ts';
import type { GroupRule } from './group-layout.ts';
import { groupRules } from './group-layout.ts';
import { GroupQuantizer } from './group-quantizer.ts';

/**
 * Restores a {@link GroupQuantizer}.
 *
 * @throws BitryoshkaError `invalid-file`
 */
export function loadGroupQuantizer(file: QuantizerFile): Quantizer {
  const { kind, inputDimensions, bits } = file;
  const { rule } = file.fields;
  if (!isRule(rule)) {
    const known = groupRules.join(', ');
    throw invalidQuantizerFile(`got rule ${JSON.stringify(rule)}, expected one of ${known}`);
  }
  const map = loadMap(file);
  const members = file.tensors.dimensions?.data.length ?? 0;
  const offsets = wholeNumbers(file, 'offsets', bits + 1, members);
  if (offsets[0] !== 0 || offsets[bits] !== members || offsets.some(isNotAbovePrevious)) {
    throw invalidQuantizerFile(
      `tensor offsets: got [${offsets.join()}], expected increasing values from 0 to ${members}`,
    );
  }
  const signs = file.floats('signs', [members]);
  if (signs.some((sign) => Math.abs(sign) !== 1)) {
    throw invalidQuantizerFile('tensor signs: got other values than -1 and 1');
  }
  const lastDimension = (map?.bias.length ?? inputDimensions) - 1;
  return new GroupQuantizer({
    kind,
    inputDimensions,
    map,
    layout: {
      rule,
      offsets,
      dimensions: wholeNumbers(file, 'dimensions', members, lastDimension),
      signs,
      weights: file.floats('weights', [members]),
    },
    thresholds: {
      document: thresholds(file, 'document_thresholds', members),
      query: thresholds(file, 'query_thresholds', members),
    },
  });
}

function loadMap(file: QuantizerFile): AffineMap | undefined {
  const { inputDimensions, tensors } = file;
  if (!tensors.map_bias) return undefined;
  const rows = tensors.map_bias.data.length;
  const bias = file.floats('map_bias', [rows]);
  if (!tensors.map_weights && rows > inputDimensions) {
    throw invalidQuantizerFile(
      `tensor map_bias: got ${rows} values, expected at most ${inputDimensions}`,
    );
  }
  if (!tensors.map_weights) return { inputDimensions, bias };
  const data = file.floats('map_weights', [rows, inputDimensions]);
  return { inputDimensions, bias, weights: { rows, columns: inputDimensions, data } };
}

function wholeNumbers(
  file: QuantizerFile,
  name: string,
  length: number,
  most: number,
): Uint32Array {
  const values = file.floats(name, [length]);
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > most);
  if (wrong !== undefined) {
    throw invalidQuantizerFile(
      `tensor ${name}: got ${wrong}, expected whole numbers from 0 to ${most}`,
    );
  }
  return Uint32Array.from(values);
}

/** Finite numbers and +Infinity, which is why `floats` cannot read them. */
function thresholds({ tensors }: QuantizerFile, name: string, length: number): Float32Array {
  const tensor = tensors[name];
  if (!isFloat32Array(tensor?.data) || tensor.shape.join() !== `${length}`) {
    throw invalidQuantizerFile(
      `tensor ${name}: got shape [${tensor?.shape.join() ?? 'none'}], expected [${length}] of F32`,
    );
  }
  const wrong = tensor.data.find((value) => !(value > -Infinity));
  if (wrong !== undefined) {
    throw invalidQuantizerFile(`tensor ${name}: got ${wrong}, expected a number or Infinity`);
  }
  return tensor.data;
}

function isNotAbovePrevious(offset: number, index: number, offsets: Uint32Array): boolean {
  return index > 0 && offset <= offsets[index - 1];
}

function isRule(value: unknown): value is GroupRule {
  return (groupRules as readonly unknown[]).includes(value);
}
