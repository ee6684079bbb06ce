import { isPlainObject } from '../documents/plain-value.ts';
import type { Metadata } from './compile-query.ts';
import { toScalars } from './compile-query.ts';
import type { Selection } from './selection.ts';
import type { Scalar, ValueTest } from './value-test.ts';
import { toScalar } from './value-test.ts';

/** A page goes when the last of its rows goes. */
const pageBits = 12;
const pageRows = 1 << pageBits;
const pageWords = pageRows / 32;

/** Answers that are kept, for filters that come again: each takes a bit a row. */
const mostAnswers = 8;
/** With more values than that, pages differ in theirs, and few are read anyway. */
const mostKeptCodes = 1024;

/** What a row has that is not in the column, and the values that every column knows. */
const noCode = 0;
const otherCode = 1;
const missingCode = 2;
const nullCode = 3;

interface Page {
  readonly codes: Uint32Array;
  count: number;
  /** Between these are the codes of the page: what is asked for may lie outside. */
  lowest: number;
  highest: number;
  /** Which of the column's changes was its last. */
  changed: number;
}

interface Answer {
  wanted: CodeSet;
  words: Uint32Array<ArrayBuffer>;
  /** How many changes it knows. */
  asOf: number;
}

/**
 * The values that a field has, by row: each different value has a code, so that a condition is decided once
 * per value and looked up per row. Takes 4 bytes a row, and each value once.
 */
export class FieldColumn {
  readonly path: string;
  /** Rows below are in the column. */
  covered = 0;
  readonly #parents: readonly string[];
  readonly #last: string;
  readonly #pages: (Page | undefined)[] = [];
  readonly #codes: Map<Scalar, number> = new Map();
  /** Of lists of values, by their JSON. */
  readonly #listCodes: Map<string, number> = new Map();
  /** By code. */
  readonly #values: (Scalar | readonly Scalar[] | undefined)[] = [undefined, undefined, null, null];
  readonly #counts: number[] = [0, 0, 0, 0];
  readonly #free: number[] = [];
  readonly #answers: Answer[] = [];
  #changes = 0;
  #lastValue: Scalar | undefined;
  #lastCode = noCode;

  constructor(path: string) {
    this.path = path;
    const keys = path.split('.');
    this.#last = keys.pop() as string;
    this.#parents = keys;
  }

  /** @param row higher than any before */
  add(row: number, metadata: Metadata): void {
    const code = this.#read(metadata);
    this.#counts[code] = (this.#counts[code] as number) + 1;
    this.covered = row + 1;
    let page = this.#pages[row >>> pageBits];
    if (!page) {
      const codes = new Uint32Array(pageRows);
      page = { codes, count: 0, lowest: code, highest: code, changed: 0 };
      this.#pages[row >>> pageBits] = page;
    }
    page.codes[row & (pageRows - 1)] = code;
    page.count++;
    page.changed = ++this.#changes;
    if (code < page.lowest) page.lowest = code;
    else if (code > page.highest) page.highest = code;
  }

  delete(row: number): void {
    const page = this.#pages[row >>> pageBits];
    const code = page?.codes[row & (pageRows - 1)];
    if (!page || !code) return;
    page.codes[row & (pageRows - 1)] = noCode;
    page.changed = ++this.#changes;
    if (--page.count === 0) this.#pages[row >>> pageBits] = undefined;
    const left = (this.#counts[code] as number) - 1;
    this.#counts[code] = left;
    if (left === 0 && code > nullCode) this.#forget(code);
  }

  /** The rows in the column that pass, and those that have to be asked themselves. */
  select(test: ValueTest, words: number): Selection {
    const { yes, maybe } = this.#judge(test);
    return {
      yes: yes.isEmpty ? new Uint32Array(words) : this.#scan(yes, words),
      maybe: maybe.isEmpty ? undefined : this.#scan(maybe, words),
    };
  }

  /** The codes of values that pass, and of those that cannot be judged. */
  #judge(test: ValueTest): { readonly yes: CodeSet; readonly maybe: CodeSet } {
    const yes = new CodeSet(this.#values.length);
    const maybe = new CodeSet(this.#values.length);
    const judge = (code: number, exists = true) => {
      if (!this.#counts[code]) return;
      const value = this.#values[code] as Scalar | readonly Scalar[];
      if (typeof value !== 'object' || value === null) {
        if (test.accepts(value, exists)) yes.add(code);
      } else if (!test.acceptsList) maybe.add(code);
      else if (test.acceptsList(value)) yes.add(code);
    };
    if (this.#counts[otherCode]) maybe.add(otherCode);
    judge(missingCode, false);
    judge(nullCode);
    if (test.values) {
      for (const value of test.values) judge(this.#codes.get(value) ?? noCode);
      for (const code of this.#listCodes.values()) judge(code);
    } else {
      for (let code = nullCode + 1; code < this.#values.length; code++) judge(code);
    }
    return { yes, maybe };
  }

  /** The rows that have one of the codes: only pages that changed since the same was asked are read. */
  #scan(wanted: CodeSet, length: number): Uint32Array<ArrayBuffer> {
    const answer = this.#answerTo(wanted);
    if (answer.words.length < length) {
      const words = new Uint32Array(length + pageWords);
      words.set(answer.words);
      answer.words = words;
    }
    for (let number = 0; number * pageWords < length; number++) {
      const page = this.#pages[number];
      const start = number * pageWords;
      if (page && page.changed <= answer.asOf) continue;
      if (page && wanted.meets(page)) markRows(page.codes, wanted.table, answer.words, start);
      else answer.words.fill(0, start, start + pageWords);
    }
    answer.wanted = wanted;
    answer.asOf = this.#changes;
    return answer.words.slice(0, length);
  }

  #answerTo(wanted: CodeSet): Answer {
    const found = this.#answers.findIndex((answer) => wanted.isSame(answer.wanted));
    const [answer = { wanted, words: new Uint32Array(0), asOf: -1 }] =
      found < 0 ? [] : this.#answers.splice(found, 1);
    if (wanted.table.length > mostKeptCodes) return answer;
    this.#answers.push(answer);
    if (this.#answers.length > mostAnswers) this.#answers.shift();
    return answer;
  }

  #read(metadata: Metadata): number {
    let owner = metadata;
    for (const key of this.#parents) {
      const next = owner[key];
      if (next === null || next === undefined) return missingCode;
      if (!isPlainObject(next)) return otherCode;
      owner = next;
    }
    const value = owner[this.#last];
    if (value === null || value === undefined) {
      return Object.hasOwn(owner, this.#last) ? nullCode : missingCode;
    }
    const scalar = toScalar(value);
    if (scalar !== undefined) {
      // Pieces of one text follow each other.
      if (scalar !== this.#lastValue) {
        this.#lastCode = this.#codeOf(this.#codes, scalar, scalar);
        this.#lastValue = scalar;
      }
      return this.#lastCode;
    }
    const list = Array.isArray(value) ? toScalars(value) : undefined;
    // JSON has no other numbers.
    if (!list || list.some((item) => typeof item === 'number' && !Number.isFinite(item))) {
      return otherCode;
    }
    return this.#codeOf(this.#listCodes, JSON.stringify(list), list);
  }

  #codeOf<Key>(codes: Map<Key, number>, key: Key, value: Scalar | readonly Scalar[]): number {
    const known = codes.get(key);
    if (known !== undefined) return known;
    const code = this.#free.pop() ?? this.#values.length;
    codes.set(key, code);
    this.#values[code] = value;
    this.#counts[code] = 0;
    return code;
  }

  #forget(code: number): void {
    const value = this.#values[code] as Scalar | readonly Scalar[];
    if (typeof value === 'object') this.#listCodes.delete(JSON.stringify(value));
    else this.#codes.delete(value);
    this.#values[code] = undefined;
    this.#free.push(code);
    if (code === this.#lastCode) this.#lastValue = undefined;
  }
}

/** Some of the codes of a column. */
class CodeSet {
  /** By code: 1 for those in the set. */
  readonly table: Uint8Array;
  #lowest = Infinity;
  #highest = 0;

  constructor(codes: number) {
    this.table = new Uint8Array(codes);
  }

  get isEmpty(): boolean {
    return this.#highest === 0;
  }

  add(code: number): void {
    this.table[code] = 1;
    if (code < this.#lowest) this.#lowest = code;
    if (code > this.#highest) this.#highest = code;
  }

  /** Whether a page may have one of them. */
  meets({ lowest, highest }: Page): boolean {
    return highest >= this.#lowest && lowest <= this.#highest;
  }

  /** Whether it has the same of the codes that there were when the other was made. */
  isSame({ table }: CodeSet): boolean {
    return table.every((item, code) => item === this.table[code]);
  }
}

/** Sets the bits of the rows whose code is in the table, and clears the others. */
function markRows(codes: Uint32Array, table: Uint8Array, words: Uint32Array, first: number): void {
  const has = (row: number) => table[codes[row] as number] as number;
  for (let w = 0; w < pageWords; w++) {
    let word = 0;
    for (let bit = 0; bit < 32; bit += 8) {
      const row = w * 32 + bit;
      const low = has(row) | (has(row + 1) << 1) | (has(row + 2) << 2) | (has(row + 3) << 3);
      const high = has(row + 4) | (has(row + 5) << 1) | (has(row + 6) << 2) | (has(row + 7) << 3);
      word |= (low | (high << 4)) << bit;
    }
    words[first + w] = word;
  }
}
