import type { RowId } from './row-id.ts';

/** Rows a page holds, as a power of two. Small, so that a page whose rows are all deleted soon goes. */
const pageBits = 8;
const pageRows = 1 << pageBits;

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
  readonly #pages: (Page | undefined)[] = [];

  /**
   * @param row below 2³²
   * @returns undefined for a row that is not there
   */
  get(row: RowId): number | undefined {
    const page = this.#pages[row >>> pageBits];
    if (page === undefined) return undefined;
    const within = row & (pageRows - 1);
    if (!page.positions) return within < page.count ? page.start + within : undefined;
    const found = page.positions[within];
    return found ? found - 1 : undefined;
  }

  set(row: RowId, position: number): void {
    const number = row >>> pageBits;
    const within = row & (pageRows - 1);
    while (this.#pages.length < number) this.#pages.push(undefined);
    const page = this.#pages[number];
    if (!page) {
      const created = { start: position, positions: undefined, count: 0 };
      this.#pages[number] = created;
      if (within === 0) created.count = 1;
      else place(created, within, position);
    } else if (!page.positions && within === page.count && position === page.start + within) {
      page.count++;
    } else {
      place(page, within, position);
    }
  }

  delete(row: RowId): void {
    if (this.get(row) === undefined) return;
    const number = row >>> pageBits;
    const page = this.#pages[number] as Page;
    listed(page)[row & (pageRows - 1)] = 0;
    if (--page.count === 0) this.#pages[number] = undefined;
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
