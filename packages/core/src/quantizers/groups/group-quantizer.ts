import type { Codes } from '../../codes/codes.ts';
import { packSignsInBlocks } from '../../codes/pack-signs-in-blocks.ts';
import { encodeFile } from '../../format/file.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { toMatrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { Quantizer, Side } from '../quantizer.ts';
import type { GroupLayout } from './group-layout.ts';
import { groupValues } from './group-values.ts';

export interface GroupQuantizerParts {
  readonly kind: string;
  readonly inputDimensions: number;
  /** What the unit vectors go through first, such as a rotation. Absent: nothing. */
  readonly map?: AffineMap | undefined;
  readonly layout: GroupLayout;
  /** k of every member of the layout, by side; +Infinity drops the member. */
  readonly thresholds: Readonly<Record<Side, Float32Array>>;
}

/** One bit per group of dimensions, which may be as small as one. */
export class GroupQuantizer implements Quantizer {
  readonly kind: string;
  readonly inputDimensions: number;
  readonly bits: number;
  readonly #parts: GroupQuantizerParts;

  constructor(parts: GroupQuantizerParts) {
    this.kind = parts.kind;
    this.inputDimensions = parts.inputDimensions;
    this.bits = parts.layout.offsets.length - 1;
    this.#parts = parts;
  }

  encode(vectors: Vectors, side: Side): Codes {
    const matrix = this.#check(vectors);
    return packSignsInBlocks(matrix, this.bits, (block) => this.#project(block, side));
  }

  project(vectors: Vectors, side: Side): Matrix {
    return this.#project(this.#check(vectors), side);
  }

  save(): Uint8Array {
    const { kind, inputDimensions, map, layout, thresholds } = this.#parts;
    const shape = [layout.dimensions.length];
    return encodeFile({
      kind: 'quantizer',
      fields: { form: 'groups', kind, inputDimensions, bits: this.bits, rule: layout.rule },
      tensors: {
        // Whole numbers below 2 ** 24 are exact in float32.
        offsets: { shape: [this.bits + 1], data: Float32Array.from(layout.offsets) },
        dimensions: { shape, data: Float32Array.from(layout.dimensions) },
        signs: { shape, data: layout.signs },
        weights: { shape, data: layout.weights },
        document_thresholds: { shape, data: thresholds.document },
        query_thresholds: { shape, data: thresholds.query },
        ...(map && { map_bias: { shape: [map.bias.length], data: map.bias } }),
        ...(map?.weights && {
          map_weights: { shape: [map.bias.length, inputDimensions], data: map.weights.data },
        }),
      },
    });
  }

  #check(vectors: Vectors): Matrix {
    return toMatrix(vectors, { columns: this.inputDimensions });
  }

  #project(matrix: Matrix, side: Side): Matrix {
    const { map, layout, thresholds } = this.#parts;
    const unit = normalizeRows(matrix);
    return groupValues(map ? applyAffineMap(map, unit) : unit, layout, thresholds[side]);
  }
}
