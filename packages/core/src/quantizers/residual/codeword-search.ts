import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { Matrix } from '../../vectors/matrix.ts';

/** Words of a codebook: what a byte tells apart. */
export const wordCount = 256;

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
 * @returns a function of vectors that gives a byte per book, vector after vector
 */
export function codewordSearch(codebooks: Matrix, beam: number): (vectors: Matrix) => Uint8Array {
  const kernel = matrixKernel();
  const books = codebooks.rows / wordCount;
  const width = codebooks.rows;
  const multiply = kernel.createMultiplier(codebooks);
  const products = kernel.multiplyTransposed(codebooks, codebooks).data;
  const halfSquares = Float32Array.from({ length: width }, (_, w) => products[w * width + w] / 2);
  // Choices of the books so far and of one more, best first, and half of what they add to |x|².
  let [kept, next] = [0, 0].map(() => ({
    codes: new Uint8Array(beam * books),
    costs: new Float64Array(beam),
  })) as [Choices, Choices];
  const own = new Float32Array(wordCount);
  const costs = new Float32Array(wordCount);
  return (vectors) => {
    const found = new Uint8Array(vectors.rows * books);
    const { data: withVectors } = multiply(vectors);
    for (let i = 0; i < vectors.rows; i++) {
      found.set(searchOne(withVectors, i * width), i * books);
    }
    return found;
  };

  function searchOne(withVectors: Float32Array, start: number): Uint8Array {
    let count = 1;
    kept.costs[0] = 0;
    for (let book = 0; book < books; book++) {
      const first = book * wordCount;
      for (let j = 0; j < wordCount; j++) {
        own[j] = halfSquares[first + j] - withVectors[start + first + j];
      }
      let found = 0;
      for (let choice = 0; choice < count; choice++) {
        const code = choice * books;
        costs.set(own);
        for (let other = 0; other < book; other++) {
          const at = (other * wordCount + kept.codes[code + other]) * width + first;
          for (let j = 0; j < wordCount; j++) costs[j] += products[at + j];
        }
        const before = kept.costs[choice];
        let limit = found < beam ? Infinity : next.costs[found - 1];
        for (let j = 0; j < wordCount; j++) {
          const cost = before + costs[j];
          if (cost >= limit) continue;
          if (found < beam) found++;
          insert(next, found, cost, code, book, j);
          limit = found < beam ? Infinity : next.costs[found - 1];
        }
      }
      count = found;
      [kept, next] = [next, kept];
    }
    return kept.codes.subarray(0, books);
  }

  /** Puts a choice in its place among `found`, the last of which goes. */
  function insert(
    into: Choices,
    found: number,
    cost: number,
    code: number,
    book: number,
    word: number,
  ): void {
    let at = found - 1;
    for (; at > 0 && into.costs[at - 1] > cost; at--) {
      into.costs[at] = into.costs[at - 1];
      into.codes.copyWithin(at * books, (at - 1) * books, (at - 1) * books + book + 1);
    }
    into.costs[at] = cost;
    const to = at * books;
    for (let other = 0; other < book; other++) into.codes[to + other] = kept.codes[code + other];
    into.codes[to + book] = word;
  }
}

interface Choices {
  readonly codes: Uint8Array;
  readonly costs: Float64Array;
}
