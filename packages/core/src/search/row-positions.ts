/** Rows a page holds. Small, so that a page whose rows are all deleted soon goes. */
const pageRows = 256;

interface Page {
  /** While the page's first `count` rows are at one position after the other, that of the first. */
  readonly start: number;
  /** Otherwise position + 1 by row; 0 for rows that are not there. */
  positions: Uint32Array | undefined;
  count: number;
}

/**
 * Where rows are: a table from row numbers, which only ever rise, to positions below 2³² - 1. Rows that lie
 * as they were added take next to no memory.
 */
export class RowPositions {
  readonly #pages: Map<number, Page> = new Map();

  /** Undefined for a row that is not there. */
  get(row: number): number | undefined {
    const page = this.#pages.get(Math.floor(row / pageRows));
    if (!page) return undefined;
    const within = row % pageRows;
    if (!page.positions) return within < page.count ? page.start + within : undefined;
    const found = page.positions[within];
    return found ? found - 1 : undefined;
  }

  set(row: number, position: number): void {
    const number = Math.floor(row / pageRows);
    const within = row % pageRows;
    const page = this.#pages.get(number);
    if (!page) {
      const created = { start: position, positions: undefined, count: 0 };
      this.#pages.set(number, created);
      if (within === 0) created.count = 1;
      else place(created, within, position);
    } else if (!page.positions && within === page.count && position === page.start + within) {
      page.count++;
    } else {
      place(page, within, position);
    }
  }

  delete(row: number): void {
    if (this.get(row) === undefined) return;
    const number = Math.floor(row / pageRows);
    const page = this.#pages.get(number) as Page;
    listed(page)[row % pageRows] = 0;
    if (--page.count === 0) this.#pages.delete(number);
  }
}

function place(page: Page, within: number, position: number): void {
  const positions = listed(page);
  if (positions[within] === 0) page.count++;
  positions[within] = position + 1;
}

/** The positions of a page, one by one from now on. */
function listed(page: Page): Uint32Array {
  if (page.positions) return page.positions;
  const positions = new Uint32Array(pageRows);
  for (let within = 0; within < page.count; within++) positions[within] = page.start + within + 1;
  page.positions = positions;
  return positions;
}
