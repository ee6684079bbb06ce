import type { TaskOptions } from '@bitryoshka/core';
import { RowSet } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import type { DocumentInterface } from '@langchain/core/documents';
import type { WordSearch } from '../lexical/hybrid-options.ts';
import { checksumOf, wordsTable } from './file-format.ts';
import type { SqliteValue } from './sqlite-driver.ts';
import { encodeTokens } from './sqlite-lexical-index.ts';

/** A place where a word stands, as FTS5 has it. */
interface Instance {
  readonly term: string;
  readonly doc: number;
  readonly offset: number;
}

/** A file, read as far as that is possible. */
export interface WordsFile {
  /** Rows from here on were never sealed. */
  readonly end: number;
  readonly all: <Row>(sql: string, ...values: SqliteValue[]) => Row[];
  readonly note: (problem: string) => void;
}

/** Rows whose words have one sum. */
const rowsPerSum = 256;
const instancesPerTurn = 10_000;
/** FTS5 cuts what is longer than all that it has to be told apart by. */
const comparedLength = 1000;

/**
 * The words of a file beside those of its documents: whether every word is where FTS5 says, and nowhere else. In
 * memory are sums of checksums, which are the same in whatever order the words come.
 */
export class SalvagedWords {
  readonly #file: WordsFile;
  readonly #search: Pick<WordSearch, 'textOf' | 'tokenize'>;
  /** Of documents that are whole. */
  readonly #rows: RowSet = new RowSet();
  /** What is expected, less what is found. */
  readonly #sums: Map<number, number> = new Map();
  #tokens = 0;

  constructor(file: WordsFile, search: Pick<WordSearch, 'textOf' | 'tokenize'>) {
    this.#file = file;
    this.#search = search;
  }

  /** Takes up a document that is whole. */
  add(row: number, document: DocumentInterface): void {
    const tokens = encodeTokens(this.#search.tokenize(this.#search.textOf(document)));
    this.#rows.add(row);
    this.#tokens += tokens.length;
    for (const [offset, term] of tokens.entries()) this.#sum({ term, doc: row, offset }, 1);
    const [size] = this.#file.all<{ sz: Uint8Array }>(
      'SELECT sz FROM words_docsize WHERE id = ?',
      row,
    );
    if (numbersOf(size?.sz)[0] === tokens.length) return;
    this.#file.note(`the words of row ${row}: ${size ? 'another count' : 'missing'}`);
  }

  /** Compares those of all documents that were taken up, in turns. */
  async compare(task: TaskOptions): Promise<void> {
    this.#checkTable();
    this.#checkTotals();
    const others = new RowSet();
    let [last, passed] = ['', 0];
    for (let done = 0; ; ) {
      await checkpoint(task, { stage: 'words', done, total: Math.max(done, this.#tokens) });
      // What there is of one word may be more than a page.
      const page = this.#file.all<Instance>(
        `SELECT term, doc, "offset" FROM temp.instances WHERE term >= ? LIMIT ${instancesPerTurn} OFFSET ${passed}`,
        last,
      );
      for (const instance of page) {
        // Nothing would be known of the rest.
        if (instance.term < last) {
          this.#file.note(`the words from ${JSON.stringify(instance.term)} on: not in order`);
          return;
        }
        const { doc } = instance;
        if (this.#rows.has(doc)) this.#sum(instance, -1);
        else if (doc >= 0 && doc < this.#file.end) others.add(doc);
        if (instance.term !== last) [last, passed] = [instance.term, 0];
        passed++;
      }
      done += page.length;
      if (page.length < instancesPerTurn) break;
    }
    await this.#checkOthers(others.rows(), task);
    for (const [i, sum] of this.#sums) {
      const first = i * rowsPerSum;
      if (sum !== 0) this.#file.note(`the words of rows ${first} to ${first + rowsPerSum - 1}`);
    }
  }

  /** Documents that were deleted are collected with their words; those that are damaged are there. */
  async #checkOthers(rows: readonly number[], task: TaskOptions): Promise<void> {
    for (const [done, row] of rows.entries()) {
      if (done % rowsPerSum === 0)
        await checkpoint(task, { stage: 'words', done, total: rows.length });
      const found = this.#file.all('SELECT 1 FROM documents WHERE row = ?', row);
      if (found.length === 0)
        this.#file.note(`the words of row ${row}: of a document that is gone`);
    }
  }

  /** Another tokenizer would ask for other words. */
  #checkTable(): void {
    const [table] = this.#file.all<{ sql: string }>(
      "SELECT sql FROM sqlite_master WHERE name = 'words'",
    );
    const settings = this.#file.all<{ k: string }>('SELECT k FROM words_config');
    const isOurs = table?.sql === wordsTable && settings.every(({ k }) => k === 'version');
    if (!isOurs) this.#file.note('the table of words: another one than was made');
  }

  /** By which words weigh more or less: of all that were ever there, where some have gone. */
  #checkTotals(): void {
    const [found] = this.#file.all<{ block: Uint8Array }>(
      'SELECT block FROM words_data WHERE id = 1',
    );
    // Empty before the first.
    const [rows = 0, tokens = 0] = numbersOf(found?.block);
    const [there] = this.#file.all<{ count: number }>(
      'SELECT count(*) AS count FROM words_docsize',
    );
    const isEnough = rows >= (there?.count ?? 0) && tokens >= this.#tokens;
    if (!isEnough) this.#file.note('the number of words: less than there are');
  }

  #sum({ term, doc, offset }: Instance, sign: 1 | -1): void {
    const i = Math.floor(doc / rowsPerSum);
    const checksum = checksumOf(`${term.slice(0, comparedLength)} ${doc} ${offset}`);
    this.#sums.set(i, ((this.#sums.get(i) ?? 0) + sign * checksum) | 0);
  }
}

/** Numbers as SQLite writes them: seven bits in a byte, the highest first; of eight bytes at most. */
function numbersOf(bytes: Uint8Array | undefined): number[] {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes ?? []) {
    number = number * 128 + (byte & 127);
    if (byte & 128) continue;
    numbers.push(number);
    number = 0;
  }
  return numbers;
}
