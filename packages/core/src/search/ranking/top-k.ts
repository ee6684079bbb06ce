import type { RowId } from '../rows/row-id.ts';

/** A row and its score; higher is better. */
export interface ScoredRow {
  readonly row: RowId;
  readonly score: number;
}

/**
 * Keeps the best `k` of the rows that are offered; among equal scores the lower row wins. A heap with the
 * worst of them on top: most offers end after one comparison.
 */
export class TopK {
  readonly #k: number;
  readonly #rows: number[] = [];
  readonly #scores: number[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  /** The score of the worst of `k` rows; -∞ while there are fewer. */
  get lowest(): number {
    return this.#rows.length < this.#k ? -Infinity : (this.#scores[0] ?? Infinity);
  }

  offer(row: number, score: number): void {
    const [rows, scores] = [this.#rows, this.#scores];
    if (rows.length < this.#k) {
      rows.push(row);
      scores.push(score);
      this.#rise(rows.length - 1, row, score);
    } else if (rows.length > 0 && isBetter(row, score, rows[0], scores[0])) {
      this.#sink(row, score);
    }
  }

  /** Best first. */
  rows(): ScoredRow[] {
    const scores = this.#scores;
    return this.#rows
      .map((row, i) => ({ row, score: scores[i] }))
      .sort((a, b) => b.score - a.score || a.row - b.row);
  }

  #rise(from: number, row: number, score: number): void {
    const [rows, scores] = [this.#rows, this.#scores];
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBetter(rows[parent], scores[parent], row, score)) break;
      rows[i] = rows[parent];
      scores[i] = scores[parent];
      i = parent;
    }
    rows[i] = row;
    scores[i] = score;
  }

  /** Replaces the worst. */
  #sink(row: number, score: number): void {
    const [rows, scores] = [this.#rows, this.#scores];
    const { length } = rows;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && isBetter(rows[child], scores[child], rows[right], scores[right])) {
        child = right;
      }
      if (!isBetter(row, score, rows[child], scores[child])) break;
      rows[i] = rows[child];
      scores[i] = scores[child];
      i = child;
    }
    rows[i] = row;
    scores[i] = score;
  }
}

function isBetter(row: number, score: number, otherRow: number, otherScore: number): boolean {
  return score > otherScore || (score === otherScore && row < otherRow);
}
