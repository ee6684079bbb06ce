import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Steps } from '../../progress/steps.ts';
import { atOnce } from '../../progress/steps.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange } from '../../vectors/matrix.ts';

/** Words of a codebook: what a byte tells apart. */
export const wordCount = 256;

/** A byte per book for each vector, vector after vector. */
export type WordSearch = (vectors: Matrix) => Uint8Array;

/** Books whose words are chosen together: the products that this takes grow with its square, to 70 MB. */
const mostTogether = 24;

/**
 * Chooses a word of every codebook so that their sum comes near to a vector: book after book, keeping the few
 * best choices of the books so far.
 *
 * Sums are never made: |x - Σ w|² is known from products of words with x and with one another.
 *
 * Source: the beam search of Babenko and Lempitsky, "Additive Quantization for Extreme Vector Compression",
 * CVPR 2014, in the order of the books of residual quantization.
 *
 * @param codebooks 256 rows for every book
 * @param beam choices that are kept
 */
export function codewordSearch(codebooks: Matrix, beam: number): WordSearch {
  return atOnce(codewordSearchInSteps(codebooks, beam));
}

/** The same: products of words with one another take a few milliseconds for each two books. */
export function* codewordSearchInSteps(codebooks: Matrix, beam: number): Steps<WordSearch> {
  const together = mostTogether * wordCount;
  const parts: { readonly books: Matrix; readonly search: WordSearch }[] = [];
  for (let start = 0; start < codebooks.rows; start += together) {
    const books = rowRange(codebooks, start, Math.min(codebooks.rows, start + together));
    parts.push({ books, search: searchOf(books, yield* productsOf(books), beam) });
  }
  if (parts.length === 1) return parts[0].search;
  const perVector = codebooks.rows / wordCount;
  return (vectors) => {
    const found = new Uint8Array(vectors.rows * perVector);
    const left = { ...vectors, data: vectors.data.slice() };
    let first = 0;
    for (const { books, search } of parts) {
      const words = search(left);
      const count = books.rows / wordCount;
      for (let i = 0; i < vectors.rows; i++) {
        const own = words.subarray(i * count, (i + 1) * count);
        found.set(own, i * perVector + first);
        for (const [book, word] of own.entries()) {
          subtract(row(left, i), row(books, book * wordCount + word));
        }
      }
      first += count;
    }
    return found;
  };
}

/** By book: its words with those of the books before it, 256 products for each of these. */
function* productsOf(codebooks: Matrix): Steps<Float32Array[]> {
  const products: Float32Array[] = [];
  for (let book = 0; book < codebooks.rows / wordCount; book++) {
    const own = bookOf(codebooks, book);
    const withEarlier = new Float32Array(book * wordCount * wordCount);
    for (let other = 0; other < book; other++) {
      const { data } = matrixKernel().multiplyTransposed(bookOf(codebooks, other), own);
      withEarlier.set(data, other * wordCount * wordCount);
      yield;
    }
    products.push(withEarlier);
  }
  return products;
}

function searchOf(codebooks: Matrix, products: readonly Float32Array[], beam: number): WordSearch {
  const books = products.length;
  const width = codebooks.rows;
  const multiply = matrixKernel().createMultiplier(codebooks);
  const halfSquares = Float32Array.from({ length: width }, (_, word) => {
    return row(codebooks, word).reduce((sum, value) => sum + (value * value) / 2, 0);
  });
  // Choices of words of the books so far, best first, and half of what they add to |x|².
  let [kept, next] = [newChoices(beam, books), newChoices(beam, books)];
  const own = new Float32Array(wordCount);
  const costs = new Float32Array(wordCount);
  return (vectors) => {
    const found = new Uint8Array(vectors.rows * books);
    const { data } = multiply(vectors);
    for (let i = 0; i < vectors.rows; i++) found.set(searchOne(data, i * width), i * books);
    return found;
  };

  function searchOne(withVector: Float32Array, start: number): Uint8Array {
    let count = 1;
    kept.costs[0] = 0;
    for (let book = 0; book < books; book++) {
      const first = book * wordCount;
      for (let word = 0; word < wordCount; word++) {
        own[word] = halfSquares[first + word] - withVector[start + first + word];
      }
      let found = 0;
      for (let choice = 0; choice < count; choice++) {
        addProducts(book, choice * books);
        const before = kept.costs[choice];
        let limit = found < beam ? Infinity : next.costs[beam - 1];
        for (let word = 0; word < wordCount; word++) {
          const cost = before + costs[word];
          if (cost >= limit) continue;
          if (found < beam) found++;
          insert({ found, cost, code: choice * books, book, word });
          limit = found < beam ? Infinity : next.costs[beam - 1];
        }
      }
      count = found;
      [kept, next] = [next, kept];
    }
    return kept.codes.subarray(0, books);
  }

  /** What each word of a book would cost behind a choice. */
  function addProducts(book: number, code: number): void {
    costs.set(own);
    const withEarlier = products[book];
    const at = (other: number) => (other * wordCount + kept.codes[code + other]) * wordCount;
    let other = 0;
    // Four at a time, as costs are read and written once then.
    for (; other + 4 <= book; other += 4) {
      const [a, b, c, d] = [at(other), at(other + 1), at(other + 2), at(other + 3)];
      for (let word = 0; word < wordCount; word++) {
        costs[word] +=
          withEarlier[a + word] +
          withEarlier[b + word] +
          (withEarlier[c + word] + withEarlier[d + word]);
      }
    }
    for (; other < book; other++) {
      const a = at(other);
      for (let word = 0; word < wordCount; word++) costs[word] += withEarlier[a + word];
    }
  }

  /** Puts a choice in its place among those that were found, the last of which goes. */
  function insert({ found, cost, code, book, word }: Insertion): void {
    const { codes, costs: ranked } = next;
    let at = found - 1;
    for (; at > 0 && ranked[at - 1] > cost; at--) {
      ranked[at] = ranked[at - 1];
      codes.copyWithin(at * books, (at - 1) * books, (at - 1) * books + book + 1);
    }
    ranked[at] = cost;
    const to = at * books;
    for (let other = 0; other < book; other++) codes[to + other] = kept.codes[code + other];
    codes[to + book] = word;
  }
}

interface Insertion {
  /** Choices with this one. */
  readonly found: number;
  readonly cost: number;
  /** Where the choice of the books before begins. */
  readonly code: number;
  readonly book: number;
  readonly word: number;
}

interface Choices {
  readonly codes: Uint8Array;
  readonly costs: Float64Array;
}

function newChoices(beam: number, books: number): Choices {
  return { codes: new Uint8Array(beam * books), costs: new Float64Array(beam) };
}

function bookOf(codebooks: Matrix, book: number): Matrix {
  return rowRange(codebooks, book * wordCount, (book + 1) * wordCount);
}

function subtract(from: Float32Array, values: Float32Array): void {
  for (let j = 0; j < from.length; j++) from[j] -= values[j];
}
