import { matrixKernel } from '../../kernels/matrix/matrix-kernel.ts';
import type { WordSearch } from '../../kernels/matrix/word-search.ts';
import { wordsPerBook } from '../../kernels/matrix/word-search.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import { row, rowRange } from '../../vectors/matrix.ts';

/** Words of a codebook: what a byte tells apart. */
export const wordCount: number = wordsPerBook;

/** Books whose words are chosen together: the products that this takes grow with its square, to 70 MB. */
const mostTogether = 24;

/**
 * Chooses a word of every codebook so that their sum comes near to a vector: book after book, keeping the few
 * best choices of the books so far.
 *
 * Source: the beam search of Babenko and Lempitsky, "Additive Quantization for Extreme Vector Compression",
 * CVPR 2014, in the order of the books of residual quantization.
 *
 * @param codebooks 256 rows for every book
 * @param beam choices that are kept
 */
export function codewordSearch(codebooks: Matrix, beam: number): WordSearch {
  const together = mostTogether * wordCount;
  const parts: { readonly books: Matrix; readonly search: WordSearch }[] = [];
  for (let start = 0; start < codebooks.rows; start += together) {
    const books = rowRange(codebooks, start, Math.min(codebooks.rows, start + together));
    parts.push({ books, search: matrixKernel().createWordSearch(books, beam) });
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

function subtract(from: Float32Array, values: Float32Array): void {
  for (let j = 0; j < from.length; j++) from[j] -= values[j];
}
