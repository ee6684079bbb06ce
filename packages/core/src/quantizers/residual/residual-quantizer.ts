import type { Codes } from '../../codes/codes.ts';
import { codeRange, packSigns, zeroCodes } from '../../codes/codes.ts';
import { encodeFile } from '../../format/file.ts';
import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../../kernels/matrix/multiplier.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { rowRange, toMatrix, transpose, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import type { Quantizer, Side } from '../quantizer.ts';
import { wordCount } from './codeword-search.ts';
import type { ResidualDecoder } from './residual-decoder.ts';
import type { FirstPart, TwoPartChooser } from './two-part-chooser.ts';
import { twoPartChooser } from './two-part-chooser.ts';
import { writeParts } from './write-parts.ts';

/** Vectors that are encoded at a time, to bound the memory. */
const blockRows = 256;

export interface ResidualParts {
  readonly first: FirstPart;
  readonly decoder: ResidualDecoder;
  /** Choices of words that are kept from byte to byte: more restore better, in more time. */
  readonly beam: number;
}

/**
 * Codes in two parts: first bits from which a linear decoder restores a vector, and behind them bytes that name
 * vectors, whose sum is what the bits leave. The first bits are a code by themselves, which a scan counts; the
 * bytes decide among what it finds.
 */
export class ResidualQuantizer implements Quantizer {
  readonly kind = 'residual';
  readonly inputDimensions: number;
  readonly bits: number;
  readonly firstBits: number;
  readonly decoder: ResidualDecoder;
  readonly #parts: ResidualParts;
  #choose: TwoPartChooser | undefined;
  #multiply: Multiplier | undefined;

  constructor(parts: ResidualParts) {
    const { first, decoder } = parts;
    this.inputDimensions = first.encoder.inputDimensions;
    this.firstBits = decoder.firstBits;
    this.bits = this.firstBits + (decoder.codebooks.rows / wordCount) * 8;
    this.decoder = decoder;
    this.#parts = parts;
  }

  encode(vectors: Vectors, side: Side): Codes {
    const matrix = this.#check(vectors);
    const codes = { ...zeroCodes(matrix.rows, this.bits), firstBits: this.firstBits };
    const perCode = (this.bits - this.firstBits) / 8;
    for (let start = 0; start < matrix.rows; start += blockRows) {
      const end = Math.min(matrix.rows, start + blockRows);
      const unit = normalizeRows(rowRange(matrix, start, end));
      const { fields, words } = side === 'query' ? this.#withoutWords(unit) : this.#chooser(unit);
      writeParts(codeRange(codes, start, end), packSigns(fields), words, perCode);
    }
    return codes;
  }

  /**
   * The real values behind the first bits: of queries, what each bit counts for where nothing is behind it. Behind them, 1
   * and -1 for the bits of a document's bytes; nothing for those of a query, which has none.
   */
  project(vectors: Vectors, side: Side): Matrix {
    const unit = normalizeRows(this.#check(vectors));
    const projected = zeros(unit.rows, this.bits);
    const { columns, data } = projected;
    const { fields, words } = side === 'query' ? this.#withoutWords(unit) : this.#chooser(unit);
    const perRow = columns - this.firstBits;
    for (let i = 0; i < unit.rows; i++) {
      const first = fields.data.subarray(i * fields.columns, (i + 1) * fields.columns);
      data.set(first, i * columns);
      if (words.length === 0) continue;
      for (let bit = 0; bit < perRow; bit++) {
        const isOne = (words[(i * perRow + bit) >> 3] >> (bit & 7)) & 1;
        data[i * columns + first.length + bit] = isOne ? 1 : -1;
      }
    }
    return projected;
  }

  save(): Uint8Array {
    const { kind, inputDimensions, bits, firstBits } = this;
    const { first, decoder, beam } = this.#parts;
    const { encoder, restorer } = first;
    return encodeFile({
      kind: 'quantizer',
      fields: { form: 'residual', kind, inputDimensions, bits, firstBits, beam },
      tensors: {
        weights: { shape: [firstBits, inputDimensions], data: (encoder.weights as Matrix).data },
        bias: { shape: [firstBits], data: encoder.bias },
        restorer_weights: {
          shape: [inputDimensions, firstBits],
          data: (restorer.weights as Matrix).data,
        },
        restorer_bias: { shape: [inputDimensions], data: restorer.bias },
        ...decoder.tensors(),
      },
    });
  }

  #check(vectors: Vectors): Matrix {
    return toMatrix(vectors, { columns: this.inputDimensions });
  }

  #withoutWords(unit: Matrix): ReturnType<TwoPartChooser> {
    const { weights } = this.#parts.first.restorer;
    this.#multiply ??= matrixKernel().createMultiplier(transpose(weights as Matrix));
    return { fields: this.#multiply(unit), words: new Uint8Array(0) };
  }

  /** Made when the first document is encoded: who only searches does without its tables. */
  get #chooser(): TwoPartChooser {
    const { first, decoder, beam } = this.#parts;
    this.#choose ??= twoPartChooser(first, decoder, beam);
    return this.#choose;
  }
}
