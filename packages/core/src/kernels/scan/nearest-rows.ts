import type { NearestCodes } from './code-memory.ts';

/** Collects the rows of the smallest distances, offered in their order; ties by row. */
export class NearestRows {
  readonly #wanted: number;
  /** One list of rows per distance; a distance stops being collected once enough smaller ones are known. */
  readonly #rowsAt: number[][];
  #bound: number;
  #below = 0;

  constructor(wanted: number, largest: number, limit: number) {
    this.#wanted = wanted;
    this.#rowsAt = Array.from({ length: largest + 1 }, () => []);
    this.#bound = wanted === 0 ? 0 : Math.min(limit, largest + 1);
  }

  offer(row: number, distance: number): void {
    if (distance >= this.#bound) return;
    this.#rowsAt[distance].push(row);
    this.#below++;
    while (this.#below >= this.#wanted) this.#below -= this.#rowsAt[--this.#bound].length;
  }

  nearest(): NearestCodes {
    const distances = this.#rowsAt.flatMap((rows, distance) => rows.map(() => distance));
    return {
      rows: Uint32Array.from(this.#rowsAt.flat().slice(0, this.#wanted)),
      distances: Uint32Array.from(distances.slice(0, this.#wanted)),
    };
  }
}
