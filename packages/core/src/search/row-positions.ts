/** Row numbers a page holds. Small, so that a page whose rows are all deleted soon goes. */
const pageRows = 256;

interface Page {
  /** Position + 1 by row; 0 for rows that are not there. */
  readonly positions: Uint32Array;
  count: number;
}

/** Where rows are: a table from row numbers, which only ever rise, to positions below 2³² - 1. */
export class RowPositions {
  readonly #pages: Map<number, Page> = new Map();

  /** Undefined for a row that is not there. */
  get(row: number): number | undefined {
    const found = this.#pages.get(Math.floor(row / pageRows))?.positions[row % pageRows];
    return found ? found - 1 : undefined;
  }

  set(row: number, position: number): void {
    const number = Math.floor(row / pageRows);
    let page = this.#pages.get(number);
    if (!page) {
      page = { positions: new Uint32Array(pageRows), count: 0 };
      this.#pages.set(number, page);
    }
    const within = row % pageRows;
    if (page.positions[within] === 0) page.count++;
    page.positions[within] = position + 1;
  }

  delete(row: number): void {
    const number = Math.floor(row / pageRows);
    const page = this.#pages.get(number);
    const within = row % pageRows;
    if (!page || page.positions[within] === 0) return;
    page.positions[within] = 0;
    if (--page.count === 0) this.#pages.delete(number);
  }
}
