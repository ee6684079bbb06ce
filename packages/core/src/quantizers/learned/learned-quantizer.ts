import type { Codes } from '../../codes/codes.ts';
import { packSignsInBlocks } from '../../codes/pack-signs-in-blocks.ts';
import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import { encodeFile } from '../../format/file.ts';
import type { Tensor } from '../../format/safetensors.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { toMatrix } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { Decoder } from '../decoder.ts';
import type { LinearDecoder } from '../linear-decoder.ts';
import type { Quantizer, Side } from '../quantizer.ts';
import { additiveChooser } from './additive-chooser.ts';
import { AdditiveDecoder } from './additive-decoder.ts';
import { codeChooser } from './choose-codes.ts';
import type { HeadEncoder } from './encoder.ts';
import { encoderFunction } from './encoder.ts';

/** A leading part of a code that is a code by itself. */
interface HeadPrefix {
  readonly bits: number;
  /** Additive, if at all, of the whole code. */
  readonly decoder: LinearDecoder | AdditiveDecoder;
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
  readonly decoder: Decoder;
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
    this.#choose =
      restorers.length > 0
        ? documentChooser(restorers, whole.decoder, this.bits, loyalty)
        : undefined;
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
  prefixDecoder(bits: number): Decoder {
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

/**
 * The codes that restorers make most of, and then an additive decoder.
 *
 * @returns a function of unit vectors and the real values of their codes to start from: the fields of bits
 */
export function documentChooser(
  restorers: readonly AffineMap[],
  decoder: LinearDecoder | AdditiveDecoder | undefined,
  bits: number,
  loyalty = 0,
): (vectors: Matrix, real: Matrix) => Matrix {
  const choose = codeChooser(restorers, bits, loyalty);
  if (!(decoder instanceof AdditiveDecoder)) return choose;
  const chooseFurther = additiveChooser(decoder.codebooks, loyalty);
  return (vectors, real) => chooseFurther(vectors, real, choose(vectors, real));
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
    ...(decoder instanceof AdditiveDecoder
      ? decoder.tensors()
      : {
          ...mapTensors(`decoder_${bits}`, decoder.map),
          [`decoder_${bits}_norm_range`]: { shape: [2], data: range },
        }),
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
