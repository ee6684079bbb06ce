import type { Steps } from '../../progress/steps.ts';
import type { AffineMap } from '../../transforms/affine-map.ts';
import { applyInSteps } from '../../transforms/affine-map.ts';
import { fitRidgeRegression } from '../../transforms/ridge-regression.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { leftOf, row, zeros } from '../../vectors/matrix.ts';
import { wordCount } from './codeword-search.ts';

/** What vectors are restored from. */
export interface TwoParts {
  /** From bits of -1 and 1. */
  readonly map: AffineMap;
  /** 256 rows for every byte. */
  readonly codebooks: Matrix;
}

/** Both parts of the codes of vectors. */
export interface TwoPartCodes {
  /** First bits as -1 and 1, a row for each vector. */
  readonly signs: Matrix;
  /** A byte per book, vector after vector. */
  readonly words: Uint8Array;
}

/** Over all books and the bits, in turns: more move hardly anything before codes are chosen anew. */
const sweeps = 2;
/** Where words say nothing of other vectors. */
const mostImagined = 1000;
const rowsPerStep = 4096;

/**
 * Both parts fitted together by least squares to codes that are given: in turns each book, and the linear decoder, to
 * what all others leave.
 */
export function* refitParts(
  vectors: Matrix,
  { signs, words }: TwoPartCodes,
  parts: TwoParts,
): Steps<TwoParts> {
  const codebooks = { ...parts.codebooks, data: parts.codebooks.data.slice() };
  const books = codebooks.rows / wordCount;
  let { map } = parts;
  // What no part restores.
  const left = leftOf(vectors, yield* applyInSteps(map, signs));
  for (let book = 0; book < books; book++) {
    yield* addWords(left, words, codebooks, book, -1);
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let book = 0; book < books; book++) {
      yield* addWords(left, words, codebooks, book, 1);
      yield* moveWords(left, words, codebooks, book);
      yield* addWords(left, words, codebooks, book, -1);
    }
    yield* addLinear(left, signs, map, 1);
    map = yield* fitRidgeRegression(signs, left);
    yield* addLinear(left, signs, map, -1);
  }
  return { map, codebooks };
}

/** Each word of a book to the middle of the vectors that have it. */
function* moveWords(left: Matrix, words: Uint8Array, codebooks: Matrix, book: number): Steps<void> {
  const books = codebooks.rows / wordCount;
  const sums = zeros(wordCount, left.columns);
  const counts = new Uint32Array(wordCount);
  let total = 0;
  for (let i = 0; i < left.rows; i++) {
    const word = words[i * books + book];
    counts[word]++;
    total += addVector(row(sums, word), row(left, i));
    if (i % rowsPerStep === 0) yield;
  }
  const imagined = imaginedVectors(sums, counts, total);
  for (let word = 0; word < wordCount; word++) {
    const own = row(codebooks, book * wordCount + word);
    const sum = row(sums, word);
    for (let j = 0; j < own.length; j++) own[j] = sum[j] / Math.max(1, counts[word] + imagined);
  }
}

/**
 * How many vectors that nothing is left of are to be imagined with every word, so that it restores others best: what
 * vectors differ by within words, as a multiple of what words differ by, once the part of it is taken away that
 * chance makes of the first.
 */
function imaginedVectors(sums: Matrix, counts: Uint32Array, total: number): number {
  let explained = 0;
  let [vectors, used] = [0, 0];
  for (let word = 0; word < wordCount; word++) {
    if (counts[word] === 0) continue;
    vectors += counts[word];
    used++;
    explained += row(sums, word).reduce((sum, value) => sum + value * value, 0) / counts[word];
  }
  const within = Math.max(0, total - explained) / Math.max(1, vectors - used);
  const between = (explained - used * within) / vectors;
  return between > 0 ? Math.min(mostImagined, within / between) : mostImagined;
}

/** Adds to each vector its word of a book, so many times. */
function* addWords(
  vectors: Matrix,
  words: Uint8Array,
  codebooks: Matrix,
  book: number,
  times: number,
): Steps<void> {
  const books = codebooks.rows / wordCount;
  for (let i = 0; i < vectors.rows; i++) {
    const vector = row(vectors, i);
    const word = row(codebooks, book * wordCount + words[i * books + book]);
    addTimes(vector, word, times);
    if (i % rowsPerStep === 0) yield;
  }
}

function* addLinear(vectors: Matrix, signs: Matrix, map: AffineMap, times: number): Steps<void> {
  const linear = yield* applyInSteps(map, signs);
  addTimes(vectors.data, linear.data, times);
  yield;
}

/** Functions by themselves, as loops of generators are compiled late. Returns the square of what is added. */
function addVector(sum: Float32Array, vector: Float32Array): number {
  let square = 0;
  for (let j = 0; j < sum.length; j++) {
    sum[j] += vector[j];
    square += vector[j] * vector[j];
  }
  return square;
}

function addTimes(to: Float32Array, values: Float32Array, times: number): void {
  for (let p = 0; p < to.length; p++) to[p] += times * values[p];
}
