import type { Matrix } from '../../vectors/matrix.ts';
import { rowRange } from '../../vectors/matrix.ts';
import { paddedTo } from '../padded-to.ts';
import { align, base, ensureBytes } from '../wasm-memory.ts';
import { halfSquares } from './half-squares.ts';
import type { MatrixExports } from './matrix-exports.generated.ts';
import { roundToWhole } from './whole-numbers.ts';
import type { WordSearch } from './word-search.ts';
import { wordsPerBook } from './word-search.ts';

/** Vectors that are searched for at a time: their products with the words of a book fit in the cache. */
const blockRows = 128;

/** `MatrixKernel.createWordSearch` in WebAssembly. */
export function wasmWordSearch(kernel: MatrixExports, codebooks: Matrix, beam: number): WordSearch {
  const books = codebooks.rows / wordsPerBook;
  const columns = paddedTo(8, codebooks.columns);
  // What is not written takes no memory: products of words least of all, so they lie behind all else.
  let end = base;
  const room = (bytes: number): number => {
    const at = end;
    end = align(end + bytes);
    return at;
  };
  const pairs = (books * (books - 1)) / 2;
  const words = room(codebooks.rows * columns * 2);
  const wordScales = room(books * 4);
  const halves = room(codebooks.rows * 4);
  const vectorsAt = room(blockRows * columns * 2);
  const scales = room(blockRows * 4);
  const own = room(blockRows * wordsPerBook * 4);
  const costs = room(blockRows * beam * 4);
  const counts = room(blockRows * 4);
  const chosen = room(blockRows * books * beam);
  const parents = room(blockRows * books * beam);
  const sum = room((2 * beam + 1) * wordsPerBook * 4);
  const scratch = room(beam * 7 + books * (4 + beam));
  const output = room(blockRows * books);
  const known = room(pairs * wordsPerBook);
  const table = room(pairs * wordsPerBook * wordsPerBook * 4);
  ensureBytes(kernel.memory, end);
  const { buffer } = kernel.memory;
  const rounded = new Int16Array(buffer, words, codebooks.rows * columns);
  const bookScales = new Float32Array(buffer, wordScales, books);
  roundToWhole(codebooks, wordsPerBook, rounded, columns, bookScales);
  new Float32Array(buffer, halves, codebooks.rows).set(halfSquares(codebooks));
  const block = new Int16Array(buffer, vectorsAt, blockRows * columns);
  const blockScales = new Float32Array(buffer, scales, blockRows);
  return (vectors) => {
    const found = new Uint8Array(vectors.rows * books);
    for (let start = 0; start < vectors.rows; start += blockRows) {
      const rows = Math.min(blockRows, vectors.rows - start);
      roundToWhole(rowRange(vectors, start, start + rows), 1, block, columns, blockScales);
      kernel.searchWords({
        vectors: vectorsAt,
        scales,
        rows,
        columns,
        words,
        wordScales,
        halves,
        bookCount: books,
        kept: beam,
        table,
        known,
        own,
        costs,
        counts,
        chosen,
        parents,
        sum,
        scratch,
        output,
      });
      found.set(new Uint8Array(buffer, output, rows * books), start * books);
    }
    return found;
  };
}
