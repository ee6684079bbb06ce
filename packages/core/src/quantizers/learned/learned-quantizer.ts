import { BitryoshkaError } from '../../errors/bitryoshka-error.ts';
import type { Tensor } from '../../format/safetensors.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { BaseQuantizer } from '../base-quantizer.ts';
import type { Decoder } from '../decoder.ts';
import type { LinearDecoder } from '../linear-decoder.ts';
import { loadLinearDecoder } from '../linear-decoder.ts';
import type { Side } from '../quantizer.ts';
import type { QuantizerContent, QuantizerFile } from '../quantizer-file.ts';
import { invalidQuantizerFile, mapTensors, matrixTensor } from '../quantizer-file.ts';
import { AdditiveDecoder, loadAdditiveDecoder } from './additive-decoder.ts';
import { documentChooser } from './choose-codes.ts';
import type { Encoder } from './encoder.ts';
import { encoderFunction } from './encoder.ts';

/** A leading part of a code that is a code by itself. */
interface CodePrefix {
  readonly bits: number;
  /** Additive, if at all, of the whole code. */
  readonly decoder: LinearDecoder | AdditiveDecoder;
  /** Documents get the codes from which it restores them best. Absent: those of the encoder. */
  readonly reconstruction?: AffineMap | undefined;
}

export interface LearnedParts {
  /** `autoencoder`, or `head` where encoder and decoder were trained together. */
  readonly kind: 'autoencoder' | 'head';
  readonly encoder: Encoder;
  /** For queries, where it is another one. */
  readonly queryEncoder?: Encoder | undefined;
  /** How much codes that are chosen keep to the signs of the encoder. Default: 0. */
  readonly encoderWeight?: number | undefined;
  /** By length; the last is the whole code. */
  readonly prefixes: readonly CodePrefix[];
}

/**
 * Codes made to be decoded: a document gets the bits from which a decoder restores it best, starting from those of an
 * encoder; a query, whose code only finds candidates, the bits that an encoder predicts. Leading parts may be codes by
 * themselves, with decoders of their own.
 */
export class LearnedQuantizer extends BaseQuantizer {
  readonly decoder: Decoder;
  readonly parts: LearnedParts;
  readonly #encoders: Readonly<Record<Side, (vectors: Matrix) => Matrix>>;
  readonly #choose: ((vectors: Matrix, real: Matrix) => Matrix) | undefined;

  constructor(parts: LearnedParts) {
    const { kind, encoder, queryEncoder, prefixes, encoderWeight } = parts;
    const { bits, decoder } = prefixes[prefixes.length - 1];
    super({ kind, inputDimensions: encoder.map.inputDimensions, bits });
    this.decoder = decoder;
    this.parts = parts;
    const document = encoderFunction(encoder);
    this.#encoders = { document, query: queryEncoder ? encoderFunction(queryEncoder) : document };
    const reconstructions = prefixes.flatMap(({ reconstruction }) => reconstruction ?? []);
    this.#choose =
      reconstructions.length > 0
        ? documentChooser(reconstructions, decoder, bits, encoderWeight)
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
      remedy: 'Ask for one of these, or train codes with this length among their nested ones.',
    });
  }

  protected override projectUnit(unit: Matrix, side: Side): Matrix {
    const real = this.#encoders[side](unit);
    return side === 'document' && this.#choose ? this.#choose(unit, real) : real;
  }

  protected override content(): QuantizerContent {
    const { encoder, queryEncoder, prefixes, encoderWeight = 0 } = this.parts;
    const hidden = { encoder: widthOf(encoder), query: widthOf(queryEncoder) };
    return {
      form: 'learned',
      fields: { nested: this.nested, hidden, encoderWeight },
      tensors: {
        ...encoderTensors('encoder', encoder),
        ...(queryEncoder && encoderTensors('query', queryEncoder)),
        ...Object.assign({}, ...prefixes.map((prefix) => prefixTensors(prefix))),
      },
    };
  }
}

function widthOf(encoder: Encoder | undefined): number {
  return encoder?.hidden?.outputs.columns ?? 0;
}

function encoderTensors(name: string, { map, hidden }: Encoder): Record<string, Tensor> {
  return {
    ...mapTensors(name, map),
    ...(hidden && {
      ...mapTensors(`${name}_hidden`, hidden.inner),
      [`${name}_outputs`]: matrixTensor(hidden.outputs),
    }),
  };
}

function prefixTensors({ bits, decoder, reconstruction }: CodePrefix): Record<string, Tensor> {
  return {
    ...(decoder instanceof AdditiveDecoder
      ? decoder.tensors()
      : decoder.tensors(`decoder_${bits}`)),
    ...(reconstruction && mapTensors(`reconstruction_${bits}`, reconstruction)),
  };
}

/**
 * Also of the forms of earlier versions: `head`, which had other names for the same, and `autoencoder`, which had one
 * map of each kind.
 *
 * @throws BitryoshkaError `invalid-file`
 */
export function loadLearned(file: QuantizerFile): LearnedQuantizer {
  const { bits, inputDimensions: dimensions, tensors, fields } = file;
  if (fields.form === 'autoencoder') return loadAutoencoder(file);
  const isHead = fields.form === 'head';
  const { nested, hidden } = fields;
  const encoderWeight = isHead ? fields.loyalty : fields.encoderWeight;
  if (!isNested(nested, bits) || !areWidths(hidden) || !Number.isFinite(encoderWeight)) {
    throw invalidQuantizerFile(
      `got ${JSON.stringify({ nested, hidden, encoderWeight })}, expected nested lengths up to ${bits}, hidden widths and a weight of the encoder`,
    );
  }
  const reconstruction = (length: number) => {
    const name = `${isHead ? 'restorer' : 'reconstruction'}_${length}`;
    return tensors[`${name}_weights`] && file.map(name, dimensions, length);
  };
  if (tensors.codebooks && (bits % 8 !== 0 || !reconstruction(bits))) {
    throw invalidQuantizerFile(
      `got codebooks for ${bits} bits, expected them for whole bytes and beside a reconstruction`,
    );
  }
  return new LearnedQuantizer({
    kind: isHead || file.kind === 'head' ? 'head' : 'autoencoder',
    encoder: loadEncoder(file, 'encoder', hidden.encoder),
    queryEncoder: tensors.query_weights && loadEncoder(file, 'query', hidden.query),
    encoderWeight: encoderWeight as number,
    prefixes: nested.map((length) => ({
      bits: length,
      decoder:
        length === bits && tensors.codebooks
          ? loadAdditiveDecoder(file)
          : loadLinearDecoder(file, `decoder_${length}`, length),
      reconstruction: reconstruction(length),
    })),
  });
}

function loadEncoder(file: QuantizerFile, name: 'encoder' | 'query', width: number): Encoder {
  const { bits, inputDimensions } = file;
  return {
    map: file.map(name, bits, inputDimensions),
    ...(width > 0 && {
      hidden: {
        inner: file.map(`${name}_hidden`, width, inputDimensions),
        outputs: file.matrix(`${name}_outputs`, bits, width),
      },
    }),
  };
}

function loadAutoencoder(file: QuantizerFile): LearnedQuantizer {
  const { bits, inputDimensions: dimensions, tensors } = file;
  const decoder = loadLinearDecoder(file);
  // The first of these files have one map for both.
  const reconstruction = tensors.restorer_weights
    ? file.map('restorer', dimensions, bits)
    : decoder.map;
  const weights = file.matrix('weights', bits, dimensions);
  const map = { weights, bias: file.floats('bias', [bits]), inputDimensions: dimensions };
  const prefixes = [{ bits, decoder, reconstruction }];
  return new LearnedQuantizer({ kind: 'autoencoder', encoder: { map }, prefixes });
}

function isNested(value: unknown, bits: number): value is number[] {
  return (
    Array.isArray(value) &&
    value[value.length - 1] === bits &&
    value.every(
      (length, i) => Number.isInteger(length) && length > (i === 0 ? 0 : (value[i - 1] as number)),
    )
  );
}

function areWidths(value: unknown): value is { encoder: number; query: number } {
  const { encoder, query } = Object(value) as Record<string, unknown>;
  return [encoder, query].every((width) => Number.isInteger(width) && (width as number) >= 0);
}
