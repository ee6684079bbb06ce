/** A page goes when the last of its rows goes. */
const pageBits = 8;
const pageRows = 1 << pageBits;

interface Page<Item> {
  readonly items: (Item | undefined)[];
  count: number;
}

/** What rows have, by row number: quicker than a map to fill and to go through, as numbers only rise. */
export class RowPages<Item> {
  readonly #pages: (Page<Item> | undefined)[] = [];

  get(row: number): Item | undefined {
    return this.#pages[row >>> pageBits]?.items[row & (pageRows - 1)];
  }

  /** @param row higher than any before */
  add(row: number, item: Item): void {
    let page = this.#pages[row >>> pageBits];
    if (!page) {
      page = { items: [], count: 0 };
      this.#pages[row >>> pageBits] = page;
    }
    const { items } = page;
    while (items.length < (row & (pageRows - 1))) items.push(undefined);
    items.push(item);
    page.count++;
  }

  /** @param row that is there */
  delete(row: number): void {
    const page = this.#pages[row >>> pageBits];
    if (!page) return;
    page.items[row & (pageRows - 1)] = undefined;
    if (--page.count === 0) this.#pages[row >>> pageBits] = undefined;
  }

  /** Of the rows below `end`, in their order. */
  forEach(end: number, visit: (item: Item, row: number) => void): void {
    for (const [number, page] of this.#pages.entries()) {
      if (!page) continue;
      const first = number << pageBits;
      if (first >= end) return;
      for (const [within, item] of page.items.entries()) {
        if (item !== undefined && first + within < end) visit(item, first + within);
      }
    }
  }

  /** Those of the rows below `end`, in their order. */
  *upTo(end: number): Generator<Item> {
    for (const [number, page] of this.#pages.entries()) {
      if (number << pageBits >= end) return;
      for (const [within, item] of page?.items.entries() ?? []) {
        if (item !== undefined && (number << pageBits) + within < end) yield item;
      }
    }
  }
}

/** Where rising numbers follow each other without a gap: from, and to (exclusive), by their places. */
export function* consecutive(rows: readonly number[]): Generator<[start: number, end: number]> {
  for (let start = 0, end = 0; start < rows.length; start = end) {
    end = start + 1;
    while (end < rows.length && rows[end] === (rows[start] as number) + end - start) end++;
    yield [start, end];
  }
}
