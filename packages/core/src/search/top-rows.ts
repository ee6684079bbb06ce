/** A row and its score; higher is better. */
export interface ScoredRow {
  readonly row: number;
  readonly score: number;
}

/** Keeps the best `k` of the rows that are offered; among equal scores the lower row wins. */
export class TopRows {
  readonly #k: number;
  /** Best first. */
  readonly #best: ScoredRow[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  offer(row: number, score: number): void {
    const best = this.#best;
    if (best.length === this.#k) {
      const worst = best[best.length - 1];
      if (!worst || !isBetter(row, score, worst)) return;
      best.pop();
    }
    let low = 0;
    let high = best.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBetter(row, score, best[middle])) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, { row, score });
  }

  /** Best first. */
  rows(): ScoredRow[] {
    return this.#best;
  }
}

function isBetter(row: number, score: number, other: ScoredRow): boolean {
  return score > other.score || (score === other.score && row < other.row);
}
