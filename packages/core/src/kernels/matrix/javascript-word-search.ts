import type { Matrix } from '../../vectors/matrix.ts';
import { rowRange } from '../../vectors/matrix.ts';
import { halfSquares } from './half-squares.ts';
import { roundToWhole } from './whole-numbers.ts';
import type { WordSearch } from './word-search.ts';
import { wordsPerBook } from './word-search.ts';

/** Choices of words of the books so far, best first, and half of what they add to |x|². */
interface Choices {
  readonly codes: Uint8Array;
  readonly costs: Float32Array;
  count: number;
}

/** `MatrixKernel.createWordSearch` in JavaScript: the same sums in the same order. */
export function javascriptWordSearch(codebooks: Matrix, beam: number): WordSearch {
  const { rows: width, columns } = codebooks;
  const books = width / wordsPerBook;
  const words = new Int16Array(width * columns);
  const bookScales = new Float32Array(books);
  roundToWhole(codebooks, wordsPerBook, words, columns, bookScales);
  const halves = halfSquares(codebooks);
  // By book, by word of the books before: computed when they are first asked for.
  const products = Array.from({ length: books }, () => new Map<number, Float32Array>());
  const whole = new Int16Array(columns);
  const scale = new Float32Array(1);
  const costs = new Float32Array(wordsPerBook);
  let [kept, next] = [newChoices(beam, books), newChoices(beam, books)];
  return (vectors) => {
    const found = new Uint8Array(vectors.rows * books);
    for (let i = 0; i < vectors.rows; i++) {
      roundToWhole(rowRange(vectors, i, i + 1), 1, whole, columns, scale);
      found.set(searchOne(), i * books);
    }
    return found;
  };

  function searchOne(): Uint8Array {
    kept.count = 1;
    kept.costs[0] = 0;
    for (let book = 0; book < books; book++) {
      const own = multiply(whole, book, Math.fround(scale[0] * bookScales[book]));
      for (let word = 0; word < wordsPerBook; word++) {
        own[word] = halves[book * wordsPerBook + word] - own[word];
      }
      next.count = 0;
      for (let choice = 0; choice < kept.count; choice++) {
        costs.set(own);
        const code = kept.codes.subarray(choice * books, choice * books + book);
        for (const [other, word] of code.entries()) {
          const added = productsOf(book, other * wordsPerBook + word);
          for (let p = 0; p < wordsPerBook; p++) costs[p] += added[p];
        }
        scan(kept.costs[choice], code);
      }
      [kept, next] = [next, kept];
    }
    return kept.codes.subarray(0, books);
  }

  function productsOf(book: number, earlier: number): Float32Array {
    const known = products[book].get(earlier);
    if (known) return known;
    const word = words.subarray(earlier * columns, (earlier + 1) * columns);
    const other = Math.floor(earlier / wordsPerBook);
    const made = multiply(word, book, Math.fround(bookScales[book] * bookScales[other]));
    products[book].set(earlier, made);
    return made;
  }

  /** Of whole numbers, with the words of a book. */
  function multiply(vector: Int16Array, book: number, times: number): Float32Array {
    const product = new Float32Array(wordsPerBook);
    for (let word = 0, p = book * wordsPerBook * columns; word < wordsPerBook; word++) {
      let sum = 0;
      for (let j = 0; j < columns; j++, p++) sum += vector[j] * words[p];
      product[word] = Math.fround(sum) * times;
    }
    return product;
  }

  /** Puts what a choice costs with each word of the next book in its place among those that were found. */
  function scan(before: number, code: Uint8Array): void {
    const { codes, costs: ranked } = next;
    for (let word = 0; word < wordsPerBook; word++) {
      const cost = Math.fround(before + costs[word]);
      if (next.count === beam && cost >= ranked[beam - 1]) continue;
      if (next.count < beam) next.count++;
      let at = next.count - 1;
      for (; at > 0 && ranked[at - 1] > cost; at--) {
        ranked[at] = ranked[at - 1];
        codes.copyWithin(at * books, (at - 1) * books, at * books);
      }
      ranked[at] = cost;
      codes.set(code, at * books);
      codes[at * books + code.length] = word;
    }
  }
}

function newChoices(beam: number, books: number): Choices {
  return { codes: new Uint8Array(beam * books), costs: new Float32Array(beam), count: 0 };
}
