import type { Codes } from '../../codes/codes.ts';
import { packSignsInBlocks } from '../../codes/pack-signs-in-blocks.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { encodeFile } from '../../format/file.ts';
import type { Tensor } from '../../format/safetensors.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { toMatrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { LinearDecoder } from '../linear-decoder.ts';
import type { Quantizer, Side } from '../quantizer.ts';
import { codeChooser } from './code-chooser.ts';
import type { HeadEncoder } from './head-encoder.ts';
import { encoderFunction } from './head-encoder.ts';

/** A leading part of a code that is a code by itself. */
interface HeadPrefix {
  readonly bits: number;
  readonly decoder: LinearDecoder;
  /** Documents get the codes from which it restores them best. Absent: those of the encoder. */
  readonly restorer?: AffineMap | undefined;
}

export interface HeadParts {
  readonly encoder: HeadEncoder;
  /** For queries, where it is another one. */
  readonly queryEncoder?: HeadEncoder | undefined;
  /** How much codes that are chosen keep to the signs of the encoder. Default: 0. */
  readonly loyalty?: number | undefined;
  /** By length; the last is the whole code. */
  readonly prefixes: readonly HeadPrefix[];
}

/** Codes of a trained encoder, with decoders of their published prefixes. */
export class HeadQuantizer implements Quantizer {
  readonly kind = 'head';
  readonly inputDimensions: number;
  readonly bits: number;
  readonly decoder: LinearDecoder;
  readonly parts: HeadParts;
  readonly #encoders: Readonly<Record<Side, (vectors: Matrix) => Matrix>>;
  readonly #choose: ((vectors: Matrix, real: Matrix) => Matrix) | undefined;

  constructor(parts: HeadParts) {
    const { encoder, queryEncoder, prefixes, loyalty } = parts;
    const whole = prefixes[prefixes.length - 1];
    const restorers = prefixes.flatMap(({ restorer }) => restorer ?? []);
    this.inputDimensions = encoder.map.inputDimensions;
    this.bits = whole.bits;
    this.decoder = whole.decoder;
    this.parts = parts;
    const document = encoderFunction(encoder);
    this.#encoders = { document, query: queryEncoder ? encoderFunction(queryEncoder) : document };
    this.#choose = restorers.length > 0 ? codeChooser(restorers, this.bits, loyalty) : undefined;
  }

  /** Lengths of the leading parts of a code that are codes by themselves, the whole included. */
  get nested(): readonly number[] {
    return this.parts.prefixes.map(({ bits }) => bits);
  }

  /**
   * What scores the first bits of this quantizer's codes.
   *
   * @throws BitryoshkaError `invalid-option` for a length that it was not trained for
   */
  prefixDecoder(bits: number): LinearDecoder {
    const prefix = this.parts.prefixes.find((each) => each.bits === bits);
    if (prefix) return prefix.decoder;
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `prefix: got ${bits} bits, expected one of ${this.nested.join(', ')}.`,
      remedy: 'Ask for one of these, or train a head with this length among its nested ones.',
    });
  }

  encode(vectors: Vectors, side: Side): Codes {
    const matrix = this.#check(vectors);
    return packSignsInBlocks(matrix, this.bits, (block) => this.#project(block, side));
  }

  project(vectors: Vectors, side: Side): Matrix {
    return this.#project(this.#check(vectors), side);
  }

  save(): Uint8Array {
    const { kind, inputDimensions, bits, nested } = this;
    const { encoder, queryEncoder, prefixes, loyalty = 0 } = this.parts;
    const hidden = {
      encoder: widthOf(encoder),
      query: widthOf(queryEncoder),
    };
    const tensors = {
      ...encoderTensors('encoder', encoder),
      ...(queryEncoder && encoderTensors('query', queryEncoder)),
      ...Object.assign({}, ...prefixes.map((prefix) => prefixTensors(prefix))),
    };
    return encodeFile({
      kind: 'quantizer',
      fields: { form: 'head', kind, inputDimensions, bits, nested, hidden, loyalty },
      tensors,
    });
  }

  #check(vectors: Vectors): Matrix {
    return toMatrix(vectors, { columns: this.inputDimensions });
  }

  #project(matrix: Matrix, side: Side): Matrix {
    const unit = normalizeRows(matrix);
    const real = this.#encoders[side](unit);
    return side === 'document' && this.#choose ? this.#choose(unit, real) : real;
  }
}

function widthOf(encoder: HeadEncoder | undefined): number {
  return encoder?.hidden?.outputs.columns ?? 0;
}

function encoderTensors(name: string, { map, hidden }: HeadEncoder): Record<string, Tensor> {
  return {
    ...mapTensors(name, map),
    ...(hidden && {
      ...mapTensors(`${name}_hidden`, hidden.inner),
      [`${name}_outputs`]: {
        shape: [hidden.outputs.rows, hidden.outputs.columns],
        data: hidden.outputs.data,
      },
    }),
  };
}

function prefixTensors({ bits, decoder, restorer }: HeadPrefix): Record<string, Tensor> {
  const range = Float32Array.from(decoder.normRange);
  return {
    ...mapTensors(`decoder_${bits}`, decoder.map),
    [`decoder_${bits}_norm_range`]: { shape: [2], data: range },
    ...(restorer && mapTensors(`restorer_${bits}`, restorer)),
  };
}

function mapTensors(name: string, { weights, bias }: AffineMap): Record<string, Tensor> {
  const { rows, columns, data } = weights as Matrix;
  return {
    [`${name}_weights`]: { shape: [rows, columns], data },
    [`${name}_bias`]: { shape: [bias.length], data: bias },
  };
}
