import type { Codes } from '../../codes/codes.ts';
import { packSignsInBlocks } from '../../codes/pack-signs-in-blocks.ts';
import { encodeFile } from '../../format/file.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { affineFunction } from '../../transforms/affine-map.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { toMatrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { LinearDecoder } from '../linear-decoder.ts';
import type { Quantizer, Side } from '../quantizer.ts';
import { localFields } from './local-fields.ts';

/**
 * Codes chosen to be decoded: a document gets the bits from which a linear decoder restores it best; a
 * query, whose code only finds candidates, the bits that a linear encoder predicts.
 */
export class AutoencoderQuantizer implements Quantizer {
  readonly kind = 'autoencoder';
  readonly inputDimensions: number;
  readonly bits: number;
  readonly decoder: LinearDecoder;
  readonly #encoder: AffineMap;
  readonly #encodeLinearly: (vectors: Matrix) => Matrix;
  readonly #chooseCodes: (vectors: Matrix) => Matrix;
  readonly #restorer: AffineMap;

  /**
   * @param encoder from vectors to the real values behind the bits
   * @param restorer from codes of -1 and 1 to vectors: documents get the codes from which it restores them best
   * @param decoder what scores the codes, where that is another map
   */
  constructor(encoder: AffineMap, restorer: AffineMap, decoder: LinearDecoder) {
    this.inputDimensions = encoder.inputDimensions;
    this.bits = encoder.bias.length;
    this.decoder = decoder;
    this.#encoder = encoder;
    this.#encodeLinearly = affineFunction(encoder);
    this.#restorer = restorer;
    this.#chooseCodes = localFields(encoder, restorer);
  }

  encode(vectors: Vectors, side: Side): Codes {
    const matrix = this.#check(vectors);
    return packSignsInBlocks(matrix, this.bits, (block) => this.#project(block, side));
  }

  project(vectors: Vectors, side: Side): Matrix {
    return this.#project(this.#check(vectors), side);
  }

  save(): Uint8Array {
    const { kind, inputDimensions, bits } = this;
    const { weights, bias } = this.#encoder;
    const restorer = this.#restorer;
    return encodeFile({
      kind: 'quantizer',
      fields: { form: 'autoencoder', kind, inputDimensions, bits },
      tensors: {
        weights: { shape: [bits, inputDimensions], data: (weights as Matrix).data },
        bias: { shape: [bits], data: bias },
        restorer_weights: {
          shape: [inputDimensions, bits],
          data: (restorer.weights as Matrix).data,
        },
        restorer_bias: { shape: [inputDimensions], data: restorer.bias },
        ...this.decoder.tensors(),
      },
    });
  }

  #check(vectors: Vectors): Matrix {
    return toMatrix(vectors, { columns: this.inputDimensions });
  }

  #project(matrix: Matrix, side: Side): Matrix {
    const unit = normalizeRows(matrix);
    return side === 'query' ? this.#encodeLinearly(unit) : this.#chooseCodes(unit);
  }
}
