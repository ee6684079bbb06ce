import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Steps } from '../../progress/steps.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange, selectRows, zeros } from '../../vectors/matrix.ts';
import { normalizeRows } from '../../vectors/normalize.ts';
import { sampleIndices, seededRandom } from '../../vectors/random.ts';
import { sampleRows } from '../../vectors/sample-rows.ts';
import { wordCount } from './codeword-search.ts';

/** Vectors that a book is learned from, at most: about forty for each word. */
const sampleSize = 40_000;
/** Rounds of moving words to the middle of the vectors that are nearest to them. */
const rounds = 6;
/** How far two halves of a word begin apart. */
const splitShare = 1 / 1024;
/** Vectors that are compared with all words at a time. */
const blockRows = 256;

/**
 * Residual quantization: each book has the 256 middles of what the books before it leave, by k-means.
 *
 * Source: Chen, Guan and Wang, "Approximate Nearest Neighbor Search by Residual Vector Quantization",
 * Sensors 2010.
 *
 * @param residuals what is to be restored; changed to what all books leave of it
 * @returns 256 rows for every book
 */
export function* fitCodewords(residuals: Matrix, books: number, seed: number): Steps<Matrix> {
  const codebooks = zeros(books * wordCount, residuals.columns);
  for (let book = 0; book < books; book++) {
    const words = rowRange(codebooks, book * wordCount, (book + 1) * wordCount);
    yield* moveToMiddles(sampleRows(residuals, sampleSize, seed + book), words, seed + book);
    yield* subtractNearest(residuals, words);
  }
  return codebooks;
}

/** k-means, from vectors that are drawn at random. */
function* moveToMiddles(vectors: Matrix, words: Matrix, seed: number): Steps<void> {
  const drawn = sampleIndices(vectors.rows, Math.min(vectors.rows, wordCount), seededRandom(seed));
  // Fewer vectors than words: the others stay at nothing at all.
  words.data.set(normalizeRows(selectRows(vectors, drawn)).data);
  for (let round = 0; round < rounds; round++) {
    const sums = zeros(words.rows, words.columns);
    const counts = new Uint32Array(words.rows);
    // A vector that was drawn is longer than a middle, and would be nearest to itself alone: at first directions count.
    const bias = round === 0 ? new Float32Array(words.rows) : halfSquares(words);
    yield* forNearest(vectors, words, bias, (vector, word) => {
      counts[word]++;
      const sum = row(sums, word);
      for (let j = 0; j < sum.length; j++) sum[j] += vector[j];
    });
    for (let word = 0; word < words.rows; word++) {
      const sum = row(sums, word);
      const own = row(words, word);
      for (let j = 0; j < own.length; j++) own[j] = sum[j] / Math.max(1, counts[word]);
    }
    if (round < rounds - 1) splitLargest(words, counts);
  }
}

/** Words that are nearest to none take halves of what is nearest to others. */
function splitLargest(words: Matrix, counts: Uint32Array): void {
  for (let word = 0; word < words.rows; word++) {
    if (counts[word] > 0) continue;
    let largest = 0;
    for (let other = 1; other < words.rows; other++) {
      if (counts[other] > counts[largest]) largest = other;
    }
    if (counts[largest] < 2) return;
    const from = row(words, largest);
    const to = row(words, word);
    for (let j = 0; j < to.length; j++) {
      const offset = from[j] * (j % 2 === 0 ? splitShare : -splitShare);
      to[j] = from[j] + offset;
      from[j] -= offset;
    }
    counts[word] = counts[largest] >> 1;
    counts[largest] -= counts[word];
  }
}

function* subtractNearest(vectors: Matrix, words: Matrix): Steps<void> {
  yield* forNearest(vectors, words, halfSquares(words), (vector, word) => {
    const own = row(words, word);
    for (let j = 0; j < vector.length; j++) vector[j] -= own[j];
  });
}

/** Of each word, what a product with it must exceed to make it nearer than nothing, below zero. */
function halfSquares(words: Matrix): Float32Array {
  return Float32Array.from({ length: words.rows }, (_, word) => {
    return row(words, word).reduce((sum, value) => sum - (value * value) / 2, 0);
  });
}

/**
 * Finds the word nearest to each vector, block by block.
 *
 * @param bias as of `halfSquares`
 */
function* forNearest(
  vectors: Matrix,
  words: Matrix,
  bias: Float32Array,
  use: (vector: Float32Array, word: number) => void,
): Steps<void> {
  const multiply = matrixKernel().createMultiplier(words, bias);
  for (let start = 0; start < vectors.rows; start += blockRows) {
    const block = rowRange(vectors, start, Math.min(vectors.rows, start + blockRows));
    const { data } = multiply(block);
    for (let i = 0; i < block.rows; i++) use(row(block, i), largestAt(data, i, words.rows));
    yield;
  }
}

/** Where a row has its largest value: a function by itself, as loops of generators are compiled late. */
function largestAt(data: Float32Array, row: number, columns: number): number {
  const first = row * columns;
  let best = 0;
  for (let j = 1; j < columns; j++) if (data[first + j] > data[first + best]) best = j;
  return best;
}
