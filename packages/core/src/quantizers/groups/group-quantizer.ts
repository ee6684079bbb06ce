import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { zeros } from '../../vectors/matrix.ts';
import { isFloat32Array } from '../../vectors/typed-arrays.ts';
import type { Thresholds } from '../affine-quantizer.ts';
import { BaseQuantizer } from '../base-quantizer.ts';
import type { Side } from '../quantizer.ts';
import type { QuantizerContent, QuantizerFile } from '../quantizer-file.ts';
import { invalidQuantizerFile, mapTensors } from '../quantizer-file.ts';

/** How the dimensions of a group decide its bit; see `groupValues` for the formulas. */
export type GroupRule = 'or' | 'linear';

/** Every rule. */
const groupRules: readonly GroupRule[] = ['or', 'linear'];

/**
 * Which dimensions decide each bit. The arrays `dimensions`, `signs` and `weights` list the members of
 * all groups, one group after the other; a dimension may be a member of several groups.
 */
export interface GroupLayout {
  readonly rule: GroupRule;
  /** Members of bit `b`: from `offsets[b]` to `offsets[b + 1]`, exclusive; `bits + 1` values. */
  readonly offsets: Uint32Array;
  readonly dimensions: Uint32Array;
  /** -1 where the dimension is flipped before it is compared, otherwise 1. */
  readonly signs: Float32Array;
  /** What a member counts under `linear`; 1 under `or`. */
  readonly weights: Float32Array;
}

/**
 * The real value behind each bit, `rows x bits`; the bit is 1 where it is above zero. Of the centred
 * values `c_i = s_i x_i - k_i` of a group's members it is
 *
 * - `or`: the largest, so the bit is 0 if every member is below its threshold;
 * - `linear`: their weighted sum.
 *
 * Members with an infinite threshold are left out; without any member left the value is 0.
 *
 * @param thresholds k, one per member
 */
export function groupValues(values: Matrix, layout: GroupLayout, thresholds: Float32Array): Matrix {
  const { rule, offsets, dimensions, signs, weights } = layout;
  const bits = offsets.length - 1;
  const real = zeros(values.rows, bits);
  for (let i = 0; i < values.rows; i++) {
    const from = i * values.columns;
    for (let bit = 0; bit < bits; bit++) {
      const start = offsets[bit];
      if (offsets[bit + 1] === start + 1 && thresholds[start] !== Infinity) {
        // Every rule leaves a lone member as it is.
        const value = signs[start] * values.data[from + dimensions[start]] - thresholds[start];
        real.data[i * bits + bit] = weights[start] * value;
        continue;
      }
      let sum = 0;
      let most = -Infinity;
      for (let m = start; m < offsets[bit + 1]; m++) {
        const threshold = thresholds[m];
        if (threshold === Infinity) continue;
        const value = signs[m] * values.data[from + dimensions[m]] - threshold;
        sum += weights[m] * value;
        if (value > most) most = value;
      }
      real.data[i * bits + bit] = rule === 'or' && most > -Infinity ? most : sum;
    }
  }
  return real;
}

interface GroupParts {
  readonly kind: string;
  readonly inputDimensions: number;
  /** What the unit vectors go through first, such as a rotation. Absent: nothing. */
  readonly map?: AffineMap | undefined;
  readonly layout: GroupLayout;
  /** k of every member of the layout, by side; +Infinity drops the member. */
  readonly thresholds: Thresholds;
}

/** One bit per group of dimensions, which may be as small as one. */
export class GroupQuantizer extends BaseQuantizer {
  readonly #parts: GroupParts;

  constructor(parts: GroupParts) {
    const { kind, inputDimensions, layout } = parts;
    super({ kind, inputDimensions, bits: layout.offsets.length - 1 });
    this.#parts = parts;
  }

  protected override projectUnit(unit: Matrix, side: Side): Matrix {
    const { map, layout, thresholds } = this.#parts;
    return groupValues(map ? applyAffineMap(map, unit) : unit, layout, thresholds[side]);
  }

  protected override content(): QuantizerContent {
    const { map, layout, thresholds } = this.#parts;
    const shape = [layout.dimensions.length];
    return {
      form: 'groups',
      fields: { rule: layout.rule },
      tensors: {
        // Whole numbers below 2 ** 24 are exact in float32.
        offsets: { shape: [this.bits + 1], data: Float32Array.from(layout.offsets) },
        dimensions: { shape, data: Float32Array.from(layout.dimensions) },
        signs: { shape, data: layout.signs },
        weights: { shape, data: layout.weights },
        document_thresholds: { shape, data: thresholds.document },
        query_thresholds: { shape, data: thresholds.query },
        ...(map && mapTensors('map', map)),
      },
    };
  }
}

/** @throws BitryoshkaError `invalid-file` */
export function loadGroups(file: QuantizerFile): GroupQuantizer {
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
  if (tensors.map_weights) return file.map('map', rows, inputDimensions);
  if (rows <= inputDimensions) return { inputDimensions, bias: file.floats('map_bias', [rows]) };
  throw invalidQuantizerFile(
    `tensor map_bias: got ${rows} values, expected at most ${inputDimensions}`,
  );
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
