import type { Codes } from '../../codes/codes.ts';
import { unpackSigns } from '../../codes/unpack-signs.ts';
import type { Tensor } from '../../format/safetensors.ts';
import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Multiplier } from '../../kernels/matrix/multiplier.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyAffineMap } from '../../transforms/affine-map.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, transpose } from '../../vectors/matrix.ts';
import type { NormRange, QueryByBytes } from '../decoder.ts';
import { NormedDecoder, normRangeTensor } from '../normed-decoder.ts';
import { mapTensors, matrixTensor } from '../quantizer-file.ts';
import { wordCount } from './codeword-search.ts';

/**
 * Restores vectors from codes in two parts: x ≈ G b + c + Σ B_m[v_m], where b are the first bits as -1 and 1, and v_m
 * the bytes behind them. A query costs one product with G and B; then every code costs a look-up per byte, eight
 * of the first bits being a byte as well.
 */
export class ResidualDecoder extends NormedDecoder {
  /** G and c. */
  readonly map: AffineMap;
  /** B: 256 rows for every byte behind the first bits. */
  readonly codebooks: Matrix;
  #multiply: { readonly bits: Multiplier; readonly words: Multiplier } | undefined;

  constructor(map: AffineMap, codebooks: Matrix, normRange: NormRange) {
    super(normRange);
    this.map = map;
    this.codebooks = codebooks;
  }

  get firstBits(): number {
    return this.map.inputDimensions;
  }

  override decode(codes: Codes): Matrix {
    const { firstBits, codebooks } = this;
    const restored = applyAffineMap(this.map, unpackSigns({ ...codes, bits: firstBits }));
    const books = codebooks.rows / wordCount;
    const { data, bytesPerCode } = codes;
    for (let i = 0; i < codes.rows; i++) {
      const own = row(restored, i);
      const first = i * bytesPerCode + firstBits / 8;
      for (let book = 0; book < books; book++) {
        const word = row(codebooks, book * wordCount + data[first + book]);
        for (let j = 0; j < own.length; j++) own[j] += word[j];
      }
    }
    return restored;
  }

  override query(vector: Float32Array): QueryByBytes {
    const matrix = { rows: 1, columns: vector.length, data: vector };
    const kernel = matrixKernel();
    this.#multiply ??= {
      bits: kernel.createMultiplier(transpose(this.map.weights as Matrix)),
      words: kernel.createMultiplier(this.codebooks),
    };
    const first = byteTables(this.#multiply.bits(matrix).data);
    const words = this.#multiply.words(matrix).data;
    const tables = new Float32Array(first.length + words.length);
    tables.set(first);
    tables.set(words, first.length);
    const constant = this.map.bias.reduce((sum, value, j) => sum + value * vector[j], 0);
    return { tables, constant };
  }

  /** The arrays of a file. */
  tensors(): Record<string, Tensor> {
    return {
      ...mapTensors('decoder', this.map),
      ...normRangeTensor('decoder', this.normRange),
      codebooks: matrixTensor(this.codebooks),
    };
  }
}

/** What values, one per bit, come to over the bits of each byte: 256 for every eight. */
function byteTables(values: Float32Array): Float32Array {
  const tables = new Float32Array(values.length * (wordCount / 8));
  for (let start = 0; start < values.length; start += 8) {
    const first = start * (wordCount / 8);
    let none = 0;
    for (let bit = 0; bit < 8; bit++) none -= values[start + bit];
    tables[first] = none;
    for (let bit = 0; bit < 8; bit++) {
      const step = 2 * values[start + bit];
      // Those with this bit, each from the one without.
      const count = 1 << bit;
      for (let byte = 0; byte < count; byte++) {
        tables[first + count + byte] = tables[first + byte] + step;
      }
    }
  }
  return tables;
}
