import type { Codes } from '../../codes/codes.ts';
import { codeRange, packSigns, zeroCodes } from '../../codes/codes.ts';
import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../../kernels/matrix/multiplier.ts';
import type { Matrix, Vectors } from '../../vectors/matrix.ts';
import { rowRange, transpose, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { BaseQuantizer } from '../base-quantizer.ts';
import { loadNormRange } from '../normed-decoder.ts';
import type { Side } from '../quantizer.ts';
import type { QuantizerContent, QuantizerFile } from '../quantizer-file.ts';
import { invalidQuantizerFile, mapTensors, matrixTensor } from '../quantizer-file.ts';
import { wordCount } from './codeword-search.ts';
import { ResidualDecoder } from './residual-decoder.ts';
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
export class ResidualQuantizer extends BaseQuantizer {
  readonly firstBits: number;
  readonly decoder: ResidualDecoder;
  readonly #parts: ResidualParts;
  #choose: TwoPartChooser | undefined;
  #multiply: Multiplier | undefined;

  constructor(parts: ResidualParts) {
    const { first, decoder } = parts;
    const { firstBits } = decoder;
    super({
      kind: 'residual',
      inputDimensions: first.encoder.inputDimensions,
      bits: firstBits + (decoder.codebooks.rows / wordCount) * 8,
    });
    this.firstBits = firstBits;
    this.decoder = decoder;
    this.#parts = parts;
  }

  override encode(vectors: Vectors, side: Side): Codes {
    const matrix = this.check(vectors);
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
  protected override projectUnit(unit: Matrix, side: Side): Matrix {
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

  protected override content(): QuantizerContent {
    const { first, decoder, beam } = this.#parts;
    const { weights, bias } = first.encoder;
    return {
      form: 'residual',
      fields: { firstBits: this.firstBits, beam },
      tensors: {
        weights: matrixTensor(weights as Matrix),
        bias: { shape: [bias.length], data: bias },
        ...mapTensors('restorer', first.reconstruction),
        ...decoder.tensors(),
      },
    };
  }

  #withoutWords(unit: Matrix): ReturnType<TwoPartChooser> {
    const { weights } = this.#parts.first.reconstruction;
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

/** More choices take memory and find nothing. */
const largestBeam = 256;

/** @throws BitryoshkaError `invalid-file` */
export function loadResidual(file: QuantizerFile): ResidualQuantizer {
  const { bits, inputDimensions: dimensions } = file;
  const { firstBits, beam } = file.fields;
  if (!isFrom(firstBits, 8, bits - 8) || firstBits % 8 !== 0 || bits % 8 !== 0) {
    throw invalidQuantizerFile(
      `got ${JSON.stringify(firstBits)} first bits of ${bits}, expected whole bytes of each part`,
    );
  }
  if (!isFrom(beam, 1, largestBeam)) {
    throw invalidQuantizerFile(
      `got a beam of ${JSON.stringify(beam)}, expected 1 to ${largestBeam}`,
    );
  }
  const encoder = {
    weights: file.matrix('weights', firstBits, dimensions),
    bias: file.floats('bias', [firstBits]),
    inputDimensions: dimensions,
  };
  const codebooks = file.matrix('codebooks', (wordCount * (bits - firstBits)) / 8, dimensions);
  return new ResidualQuantizer({
    first: { encoder, reconstruction: file.map('restorer', dimensions, firstBits) },
    decoder: new ResidualDecoder(
      file.map('decoder', dimensions, firstBits),
      codebooks,
      loadNormRange(file, 'decoder'),
    ),
    beam,
  });
}

function isFrom(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
