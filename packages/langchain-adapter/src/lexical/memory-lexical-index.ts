import type { RowSet, ScoredRow } from '@bitryoshka/core';
import { TopK } from '@bitryoshka/core/internal';
import type { LexicalIndex } from './lexical-index.ts';
import type { Tokenize } from './tokenize.ts';

/** How soon a word that comes again counts less, and how much the length of a text matters: the usual values. */
const k1 = 1.2;
const b = 0.75;

/** A page goes when the last of its rows goes. */
const pageBits = 12;
const pageRows = 1 << pageBits;

interface Page {
  /** Tokens by row; 0 for none: such a row is not there. */
  readonly lengths: Uint32Array;
  /** By row, during a search. */
  readonly scores: Float32Array;
  count: number;
}

/** The rows that have a token, in rising order, each as often as it has it. */
interface Postings {
  rows: Uint32Array;
  length: number;
}

interface Counts {
  rows: number;
  tokens: number;
}

/** Postings that a search reads, those of rare tokens first: some milliseconds. What is left out tells little. */
const mostRead = 4_000_000;
/** Postings that are looked through, for each token that is added, while some are of rows that are gone. */
const sweptPerToken = 2;

/**
 * Texts in memory: for each token the rows that have it. Rows that are deleted stay in these lists until they are read
 * or more is added; they are not found, and count for nothing.
 *
 * Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; the weight of a
 * token as in Lucene, which is never negative.
 */
export class MemoryLexicalIndex implements LexicalIndex {
  readonly #tokenize: Tokenize;
  readonly #postings: Map<string, Postings> = new Map();
  readonly #pages: (Page | undefined)[] = [];
  /** Rows from here on are not committed. */
  #end = 0;
  #next = 0;
  /** Rows that have tokens, and their tokens. */
  #committed: Counts = { rows: 0, tokens: 0 };
  #added: Counts = { rows: 0, tokens: 0 };
  /** Postings of rows that are gone. */
  #dead = 0;
  #sweep: Iterator<[string, Postings]> | undefined;

  constructor(tokenize: Tokenize) {
    this.#tokenize = tokenize;
  }

  /** What memory grows with: a token of a row each, those of rows that are gone and not taken out yet included. */
  get postings(): number {
    return this.#committed.tokens + this.#added.tokens + this.#dead;
  }

  add(row: number, text: string): void {
    const tokens = this.#tokenize(text);
    this.#setLength(row, tokens.length);
    for (const token of tokens) this.#append(token, row);
    if (this.#dead > 0) this.#sweepSome(sweptPerToken * tokens.length);
  }

  commit(): void {
    this.#committed.rows += this.#added.rows;
    this.#committed.tokens += this.#added.tokens;
    this.#added = { rows: 0, tokens: 0 };
    this.#end = this.#next;
  }

  delete(row: number): void {
    const length = this.#lengthOf(row);
    if (length === 0) return;
    const page = this.#pages[row >>> pageBits] as Page;
    page.lengths[row & (pageRows - 1)] = 0;
    if (--page.count === 0) this.#pages[row >>> pageBits] = undefined;
    this.#dead += length;
    const counts = row < this.#end ? this.#committed : this.#added;
    counts.rows--;
    counts.tokens -= length;
    if (this.#committed.rows + this.#added.rows === 0) this.#clear();
  }

  search(query: string, count: number, allowed?: RowSet): ScoredRow[] {
    const lists = [...new Set(this.#tokenize(query))]
      .map((token) => this.#postings.get(token))
      .filter((list) => list !== undefined)
      .sort((one, other) => one.length - other.length);
    let read = 0;
    const scored = new Set<number>();
    for (const list of lists) {
      read += list.length;
      if (read > mostRead && read > list.length) break;
      this.#score(list, allowed, scored);
    }
    return this.#takeBest(count, scored);
  }

  /** Takes out all that is gone, list by list: a search takes out nothing then before there are changes. */
  *takeOut(): Generator<{ readonly token: string; readonly count: number }> {
    for (const [token, list] of this.#postings) {
      this.#purge(list);
      if (list.length === 0) this.#postings.delete(token);
      else yield { token, count: list.length };
    }
  }

  /** What the lists of rows and their lengths take; tokens themselves are left out. */
  get byteLength(): number {
    let bytes = 0;
    for (const { rows } of this.#postings.values()) bytes += rows.byteLength;
    for (const page of this.#pages) {
      if (page) bytes += page.lengths.byteLength + page.scores.byteLength;
    }
    return bytes;
  }

  /** The postings of each token, in the order of `takeOut`, as they are. */
  *lists(): Generator<Uint32Array> {
    for (const { rows, length } of this.#postings.values()) yield rows.subarray(0, length);
  }

  /** The rows that have tokens, in rising order, and how many. */
  lengths(): { readonly rows: Uint32Array; readonly lengths: Uint32Array } {
    const count = this.#committed.rows;
    const [rows, lengths] = [new Uint32Array(count), new Uint32Array(count)];
    let filled = 0;
    for (const [number, page] of this.#pages.entries()) {
      for (let within = 0; page && within < pageRows; within++) {
        const length = page.lengths[within] as number;
        if (length === 0) continue;
        rows[filled] = number * pageRows + within;
        lengths[filled++] = length;
      }
    }
    return { rows, lengths };
  }

  /** Puts back what `lengths` told, a part of it or all; it is to be committed. */
  restoreRows(rows: Uint32Array, lengths: Uint32Array): void {
    for (const [i, row] of rows.entries()) this.#setLength(row, lengths[i] as number);
  }

  /** Puts back a list. */
  restoreList(token: string, postings: Uint32Array): void {
    this.#postings.set(token, { rows: postings, length: postings.length });
  }

  #lengthOf(row: number): number {
    return this.#pages[row >>> pageBits]?.lengths[row & (pageRows - 1)] ?? 0;
  }

  #setLength(row: number, length: number): void {
    this.#next = row + 1;
    if (length === 0) return;
    let page = this.#pages[row >>> pageBits];
    if (!page) {
      page = {
        lengths: new Uint32Array(pageRows),
        scores: new Float32Array(pageRows),
        count: 0,
      };
      this.#pages[row >>> pageBits] = page;
    }
    page.lengths[row & (pageRows - 1)] = length;
    page.count++;
    this.#added.rows++;
    this.#added.tokens += length;
  }

  #append(token: string, row: number): void {
    const list = this.#postings.get(token);
    if (!list) {
      this.#postings.set(ownString(token), { rows: Uint32Array.of(row), length: 1 });
      return;
    }
    if (list.length === list.rows.length) {
      const grown = new Uint32Array(Math.ceil(1.5 * list.length) + 1);
      grown.set(list.rows);
      list.rows = grown;
    }
    list.rows[list.length++] = row;
  }

  /** Adds to the scores of rows what a token says. */
  #score(list: Postings, allowed: RowSet | undefined, scored: Set<number>): void {
    const having = this.#countRows(list);
    const { rows: count, tokens: total } = this.#committed;
    const weight = Math.log(1 + (count - having + 0.5) / (having + 0.5)) * (k1 + 1);
    const perToken = (k1 * b * count) / total;
    const { rows, length } = list;
    let number = -1;
    let page: Page | undefined;
    for (let i = 0; i < length; ) {
      const row = rows[i] as number;
      const start = i;
      do i++;
      while (i < length && rows[i] === row);
      if (row >= this.#end) return;
      if (row >>> pageBits !== number) {
        number = row >>> pageBits;
        page = this.#pages[number];
        if (page) scored.add(number);
      }
      const within = row & (pageRows - 1);
      const tokens = page?.lengths[within];
      if (!page || !tokens || (allowed && !allowed.has(row))) continue;
      const frequency = i - start;
      const gain = (weight * frequency) / (frequency + k1 * (1 - b) + perToken * tokens);
      page.scores[within] = (page.scores[within] as number) + gain;
    }
  }

  /** How many rows that can be found have a token. */
  #countRows(list: Postings): number {
    let count = 0;
    let live = 0;
    let last = -1;
    for (let i = 0; i < list.length; i++) {
      const row = list.rows[i] as number;
      if (row >= this.#end) {
        live += list.length - i;
        break;
      }
      if (row === last) {
        live++;
      } else if (this.#lengthOf(row) > 0) {
        count++;
        live++;
        last = row;
      }
    }
    if (2 * live < list.length) this.#purge(list);
    return count;
  }

  #takeBest(count: number, pages: ReadonlySet<number>): ScoredRow[] {
    const best = new TopK(count);
    for (const number of pages) {
      const { scores } = this.#pages[number] as Page;
      for (let within = 0; within < pageRows; within++) {
        const score = scores[within] as number;
        if (score > 0) best.offer(number * pageRows + within, score);
      }
      scores.fill(0);
    }
    return best.rows();
  }

  /** Takes out rows that are gone. */
  #purge(list: Postings): void {
    const before = list.length;
    let kept = 0;
    for (let i = 0; i < before; i++) {
      const row = list.rows[i] as number;
      if (this.#lengthOf(row) > 0) list.rows[kept++] = row;
    }
    if (kept === before) return;
    list.length = kept;
    list.rows = list.rows.slice(0, kept);
    this.#dead -= before - kept;
  }

  /** The next lists, so that all have had their turn before there is more to take out than to keep. */
  #sweepSome(postings: number): void {
    let left = postings;
    while (left > 0) {
      this.#sweep ??= this.#postings.entries();
      const next = this.#sweep.next();
      if (next.done) {
        this.#sweep = undefined;
        return;
      }
      const [token, list] = next.value;
      left -= list.length;
      this.#purge(list);
      if (list.length === 0) this.#postings.delete(token);
    }
  }

  #clear(): void {
    this.#postings.clear();
    this.#sweep = undefined;
    this.#dead = 0;
  }
}

/** A piece of a text would keep the whole text in memory. */
function ownString(token: string): string {
  return Array.from(token).join('');
}
