import type { Matrix } from '../../vectors/matrix.ts';

/** A word of every book for each vector, as a byte per book, vector after vector. */
export type WordSearch = (vectors: Matrix) => Uint8Array;

/** Words of a book: what a byte tells apart. */
export const wordsPerBook = 256;
