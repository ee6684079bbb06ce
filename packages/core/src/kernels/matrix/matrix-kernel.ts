import type { Matrix } from '../../vectors/matrix.ts';
import { compileWasm } from '../compile-wasm.ts';
import type { ByteDescent, DescendedSigns } from './descent.ts';
import type { Turns } from './float64.ts';
import { javascriptByteDescent } from './javascript-byte-descent.ts';
import { javascriptSolve, javascriptTurns } from './javascript-float64.ts';
import { javascriptProduct, javascriptProductTransposed } from './javascript-product.ts';
import { javascriptRotator } from './javascript-rotator.ts';
import { javascriptSignDescent } from './javascript-sign-descent.ts';
import { javascriptWordSearch } from './javascript-word-search.ts';
import { matrixExports } from './matrix-exports.generated.ts';
import { matrixWasmBinary } from './matrix-wasm-binary.generated.ts';
import type { Multiplier } from './multiplier.ts';
import { wasmByteDescent } from './wasm-byte-descent.ts';
import { wasmSolve, wasmTurns } from './wasm-float64.ts';
import { wasmMultiplier } from './wasm-multiplier.ts';
import { wasmProduct } from './wasm-product.ts';
import { wasmProductTransposed } from './wasm-product-transposed.ts';
import { wasmRotator } from './wasm-rotator.ts';
import { wasmSignDescent } from './wasm-sign-descent.ts';
import { wasmWordSearch } from './wasm-word-search.ts';
import type { WordSearch } from './word-search.ts';

/**
 * What transforms vectors and fits quantizers, in WebAssembly or JavaScript. Both give the same bits for the same
 * input, as sums are added in the same order.
 */
export interface MatrixKernel {
  readonly name: 'wasm' | 'javascript';
  /**
   * `a` times the transpose of `b`, plus `bias` on every row: `rows(a) x rows(b)`, in float32.
   *
   * @param into where it is written: neither `a` nor `b`. Default: new memory
   */
  multiplyTransposed(a: Matrix, b: Matrix, bias?: Float32Array, into?: Matrix): Matrix;
  /** `a` times `b`, in float32. */
  multiply(a: Matrix, b: Matrix): Matrix;
  /** The transpose of `a` times `b`: `columns(a) x columns(b)`, in float32. */
  multiplyTransposeOf(a: Matrix, b: Matrix): Matrix;
  /** `multiplyTransposed` for a `b` that stays the same: it is copied once, not at every call. */
  createMultiplier(b: Matrix, bias?: Float32Array): Multiplier;
  /**
   * Rounds of multiplying with factors and a Walsh–Hadamard transform, not normalised; then what comes out first,
   * plus `bias`; in float32. A round takes as many dimensions as it has factors, the first or the last in turns.
   *
   * @param factors one row per round; its columns a power of two, from 4 to the dimensions; copied
   * @param bias one value for each dimension that is wanted; copied
   * @param dimensions that are rotated; vectors of fewer are taken with zeros behind them
   */
  createRotator(factors: Matrix, bias: Float32Array, dimensions: number): Multiplier;
  /**
   * Coordinate descent of ½ sᵀHs - rᵀs over signs s, row by row: each in turn becomes that of its field,
   * r - H s without the sign's own part, until none changes or `rounds` are over.
   *
   * @param residuals r - H s for the signs to start from; changed
   * @param signs to start from; changed
   * @param couplings H, symmetric
   */
  descendSigns(residuals: Matrix, signs: Matrix, couplings: Matrix, rounds: number): DescendedSigns;
  /**
   * Coordinate descent of |x - Σ B_m[v_m]|² - 2 wᵀs over the bits of the bytes v_m, row by row, s being the
   * bits as signs and w their weights: each in turn is flipped if that makes it smaller, until none is or
   * `rounds` are over.
   *
   * @param books B: 256 vectors for every byte of a code; copied
   */
  createByteDescent(books: Matrix): ByteDescent;
  /**
   * Beam search for one word of every book whose sum comes near to a vector: book after book, keeping the best choices
   * of the books so far, by |x - Σ w|² from products of words with x and with one another, of whole numbers of 16
   * bits. Products of words are computed when they are first needed: the first vectors take longer.
   *
   * @param codebooks 256 words for every book; copied
   * @param beam choices that are kept, 256 at most
   */
  createWordSearch(codebooks: Matrix, beam: number): WordSearch;
  /**
   * Solves L Lᵀ X = B in place, in float64.
   *
   * @param factor L, lower triangular, row-major
   * @param right B, row-major, `columns` values a row; X afterwards
   */
  solveFactored(factor: Float64Array, right: Float64Array, columns: number): void;
  /**
   * Turns neighbouring vectors towards one another, turn after turn, in float64: a vector becomes `cosine · itself +
   * sine · the next`, and that one `cosine · itself - sine · the former`.
   *
   * @param values coordinates in groups of four, and within these vector after vector; changed
   * @param vectors how many there are
   */
  turnVectors(values: Float64Array, vectors: number, turns: Turns): void;
}

/** The twin of the WebAssembly kernel, for places that have none, and to check it against. */
export const javascriptMatrixKernel: MatrixKernel = {
  name: 'javascript',
  multiplyTransposed: javascriptProductTransposed,
  multiply: (a, b) => javascriptProduct(a, b, false),
  multiplyTransposeOf: (a, b) => javascriptProduct(a, b, true),
  createMultiplier(b, bias) {
    const copy = { ...b, data: b.data.slice() };
    const biasCopy = bias?.slice();
    return (a, into) => javascriptProductTransposed(a, copy, biasCopy, into);
  },
  createRotator: javascriptRotator,
  descendSigns: javascriptSignDescent,
  createByteDescent: javascriptByteDescent,
  createWordSearch: javascriptWordSearch,
  solveFactored: javascriptSolve,
  turnVectors: javascriptTurns,
};

/** @returns undefined where WebAssembly (with SIMD) is missing or forbidden */
export function createWasmMatrixKernel(): MatrixKernel | undefined {
  const module = compileWasm(matrixWasmBinary);
  if (!module) return undefined;
  const instantiate = () => matrixExports(new WebAssembly.Instance(module));
  const [instance, products] = [instantiate(), instantiate()];
  return {
    name: 'wasm',
    multiplyTransposed: (a, b, bias, into) => wasmProductTransposed(instance, a, b, bias, into),
    multiply: (a, b) => wasmProduct(products, a, b, false),
    multiplyTransposeOf: (a, b) => wasmProduct(products, a, b, true),
    createMultiplier: (b, bias) => wasmMultiplier(instantiate(), b, bias),
    createRotator: (factors, bias, dimensions) =>
      wasmRotator(instantiate(), factors, bias, dimensions),
    descendSigns: (residuals, signs, couplings, rounds) =>
      wasmSignDescent(instance, residuals, signs, couplings, rounds),
    createByteDescent: (books) => wasmByteDescent(instantiate(), books),
    createWordSearch: (codebooks, beam) => wasmWordSearch(instantiate(), codebooks, beam),
    solveFactored: (factor, right, columns) => wasmSolve(instance, factor, right, columns),
    turnVectors: (values, vectors, turns) => wasmTurns(instance, values, vectors, turns),
  };
}

let chosen: MatrixKernel | undefined;

/** WebAssembly where there is any, JavaScript elsewhere; chosen once per process. */
export function matrixKernel(): MatrixKernel {
  chosen ??= createWasmMatrixKernel() ?? javascriptMatrixKernel;
  return chosen;
}
