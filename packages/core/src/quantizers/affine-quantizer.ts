import type { Codes } from '../codes/codes.ts';
import { packSignsInBlocks } from '../codes/pack-signs-in-blocks.ts';
import { encodeFile } from '../format/file.ts';
import type { Tensor } from '../format/safetensors.ts';
import type { Multiplier } from '../kernels/matrix/multiplier.ts';
import type { AffineMap } from '../transforms/affine-map.ts';
import { affineFunction } from '../transforms/affine-map.ts';
import type { HadamardMap } from '../transforms/hadamard-rotation.ts';
import { hadamardFunction } from '../transforms/hadamard-rotation.ts';
import type { Matrix, Vectors } from '../vectors/matrix.ts';
import { rowRange, toMatrix, zeros } from '../vectors/matrix.ts';
import { normalizeRows, unitRows } from '../vectors/normalize.ts';
import type { Quantizer, Side } from './quantizer.ts';

/** Vectors that are encoded at a time. */
const encodedRows = 256;

export interface AffineQuantizerParts {
  readonly kind: string;
  readonly map: AffineMap | HadamardMap;
  /** What each projected value must exceed for its bit to be 1, by side. */
  readonly thresholds: Readonly<Record<Side, Float32Array>>;
}

/** One bit per output of an affine map, with a threshold per output and side. */
export class AffineQuantizer implements Quantizer {
  readonly kind: string;
  readonly inputDimensions: number;
  readonly bits: number;
  readonly #parts: AffineQuantizerParts;
  /** What encoding needs in between: in new memory each time, it would be garbage many times the codes' size. */
  #scratch: { readonly unit: Matrix; readonly projected: Matrix } | undefined;
  /** The map with the thresholds taken into its bias, by side. */
  readonly #maps: Readonly<Record<Side, Multiplier>>;

  constructor(parts: AffineQuantizerParts) {
    const { kind, map, thresholds } = parts;
    this.kind = kind;
    this.inputDimensions = map.inputDimensions;
    this.bits = map.bias.length;
    this.#parts = parts;
    this.#maps = {
      document: withThresholds(map, thresholds.document),
      query: withThresholds(map, thresholds.query),
    };
  }

  encode(vectors: Vectors, side: Side): Codes {
    const matrix = this.#check(vectors);
    const { unit, projected } = this.#room(Math.min(matrix.rows, encodedRows));
    const encode = (block: Matrix) => {
      const normalized = unitRows(block, rowRange(unit, 0, block.rows));
      return this.#maps[side](normalized, rowRange(projected, 0, block.rows));
    };
    return packSignsInBlocks(matrix, this.bits, encode, encodedRows);
  }

  project(vectors: Vectors, side: Side): Matrix {
    const matrix = this.#check(vectors);
    if (matrix.rows > encodedRows) return this.#maps[side](normalizeRows(matrix));
    const { unit } = this.#room(matrix.rows);
    return this.#maps[side](unitRows(matrix, rowRange(unit, 0, matrix.rows)));
  }

  save(): Uint8Array {
    const { kind, map, thresholds } = this.#parts;
    const shape = [this.bits];
    return encodeFile({
      kind: 'quantizer',
      fields: {
        kind,
        ...('flips' in map && { form: 'hadamard' }),
        inputDimensions: this.inputDimensions,
        bits: this.bits,
      },
      tensors: {
        bias: { shape, data: map.bias },
        document_thresholds: { shape, data: thresholds.document },
        query_thresholds: { shape, data: thresholds.query },
        ...tensorsOf(map),
      },
    });
  }

  #check(vectors: Vectors): Matrix {
    return toMatrix(vectors, { columns: this.inputDimensions });
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

function tensorsOf(map: AffineMap | HadamardMap): Record<string, Tensor> {
  if ('flips' in map) return { flips: { shape: [map.flips.length], data: map.flips } };
  const { weights } = map;
  if (!weights) return {};
  return { weights: { shape: [weights.rows, weights.columns], data: weights.data } };
}
