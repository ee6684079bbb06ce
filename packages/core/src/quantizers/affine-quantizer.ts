import type { Codes } from '../codes/codes.ts';
import { packSignsInBlocks } from '../codes/pack-signs-in-blocks.ts';
import type { Multiplier } from '../kernels/matrix/multiplier.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { affineFunction } from '../transforms/affine-map.ts';
import type { HadamardMap } from '../transforms/hadamard-rotation.ts';
import {
  fewestHadamardDimensions,
  hadamardDimensions,
  hadamardFlips,
  hadamardFunction,
} from '../transforms/hadamard-rotation.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { rowRange, zeros } from '../vectors/matrix.ts';
import { normalizeRows, unitRows } from '../vectors/normalize.ts';
import { isUint8Array } from '../vectors/typed-arrays.ts';
import { BaseQuantizer } from './base-quantizer.ts';
import type { Side } from './quantizer.ts';
import type { QuantizerContent, QuantizerFile } from './quantizer-file.ts';
import { invalidQuantizerFile, matrixTensor } from './quantizer-file.ts';

/** Vectors that are encoded at a time. */
const encodedRows = 256;

/** What each value must exceed for its bit to be 1, by side. */
export type Thresholds = Readonly<Record<Side, Float32Array>>;

interface AffineParts {
  readonly kind: string;
  readonly map: AffineMap | HadamardMap;
  /** By output. Default: zero. */
  readonly thresholds?: Thresholds;
}

/** One bit per output of an affine map, with a threshold per output and side: thresholds and rotations. */
export class AffineQuantizer extends BaseQuantizer {
  readonly #map: AffineMap | HadamardMap;
  readonly #thresholds: Thresholds;
  /** What encoding needs in between: in new memory each time, it would be garbage many times the codes' size. */
  #scratch: { readonly unit: Matrix; readonly projected: Matrix } | undefined;
  /** The map with the thresholds taken into its bias, by side. */
  readonly #maps: Readonly<Record<Side, Multiplier>>;

  constructor({ kind, map, thresholds }: AffineParts) {
    super({ kind, inputDimensions: map.inputDimensions, bits: map.bias.length });
    const zero = new Float32Array(this.bits);
    this.#map = map;
    this.#thresholds = thresholds ?? { document: zero, query: zero };
    this.#maps = {
      document: withThresholds(map, this.#thresholds.document),
      query: withThresholds(map, this.#thresholds.query),
    };
  }

  override encode(vectors: Vectors, side: Side): Codes {
    const matrix = this.check(vectors);
    const { unit, projected } = this.#room(Math.min(matrix.rows, encodedRows));
    const encode = (block: Matrix) => {
      const normalized = unitRows(block, rowRange(unit, 0, block.rows));
      return this.#maps[side](normalized, rowRange(projected, 0, block.rows));
    };
    return packSignsInBlocks(matrix, this.bits, encode, encodedRows);
  }

  override project(vectors: Vectors, side: Side): Matrix {
    const matrix = this.check(vectors);
    if (matrix.rows > encodedRows) return this.projectUnit(normalizeRows(matrix), side);
    const { unit } = this.#room(matrix.rows);
    return this.projectUnit(unitRows(matrix, rowRange(unit, 0, matrix.rows)), side);
  }

  protected override projectUnit(unit: Matrix, side: Side): Matrix {
    return this.#maps[side](unit);
  }

  protected override content(): QuantizerContent {
    const { document, query } = this.#thresholds;
    const map = this.#map;
    const shape = [this.bits];
    const isHadamard = 'flips' in map;
    return {
      ...(isHadamard && { form: 'hadamard' }),
      tensors: {
        bias: { shape, data: map.bias },
        document_thresholds: { shape, data: document },
        query_thresholds: { shape, data: query },
        ...(isHadamard && { flips: { shape: [map.flips.length], data: map.flips } }),
        ...(!isHadamard && map.weights && { weights: matrixTensor(map.weights) }),
      },
    };
  }

  #room(rows: number): { readonly unit: Matrix; readonly projected: Matrix } {
    if (!this.#scratch || this.#scratch.unit.rows < rows) {
      this.#scratch = {
        unit: zeros(rows, this.inputDimensions),
        projected: zeros(rows, this.bits),
      };
    }
    return this.#scratch;
  }
}

/** What is above its threshold comes out above zero. */
function withThresholds(map: AffineMap | HadamardMap, thresholds: Float32Array): Multiplier {
  const bias = map.bias.map((value, i) => value - thresholds[i]);
  return 'flips' in map ? hadamardFunction({ ...map, bias }) : affineFunction({ ...map, bias });
}

/** @throws BitryoshkaError `invalid-file` */
export function loadAffine(file: QuantizerFile): AffineQuantizer {
  const { kind, bits } = file;
  return new AffineQuantizer({
    // Files of earlier versions call so what is the name of a family now.
    kind: kind === 'learned' ? 'learned-thresholds' : kind,
    map: loadMap(file),
    thresholds: {
      document: file.floats('document_thresholds', [bits]),
      query: file.floats('query_thresholds', [bits]),
    },
  });
}

function loadMap(file: QuantizerFile): AffineMap | HadamardMap {
  const { bits, inputDimensions, tensors } = file;
  const bias = file.floats('bias', [bits]);
  if (file.fields.form === 'hadamard') return { flips: loadFlips(file), bias, inputDimensions };
  return {
    inputDimensions,
    bias,
    ...(tensors.weights && { weights: file.matrix('weights', bits, inputDimensions) }),
  };
}

function loadFlips({ inputDimensions, bits, tensors }: QuantizerFile): Uint8Array {
  const dimensions = hadamardDimensions(inputDimensions, bits);
  if (dimensions < fewestHadamardDimensions) {
    throw invalidQuantizerFile(
      `got a rotation of ${dimensions} dimensions, expected at least ${fewestHadamardDimensions}`,
    );
  }
  const flips = tensors.flips?.data;
  const count = hadamardFlips(dimensions);
  if (isUint8Array(flips) && flips.length === count && flips.every((flip) => flip <= 1)) {
    return flips;
  }
  throw invalidQuantizerFile(`got no ${count} flips of 0 or 1`);
}
