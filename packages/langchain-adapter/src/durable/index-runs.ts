import type { AutoIndex, Codes, Quantizer, TaskOptions } from '@bitryoshka/core';
import { bytesPerCode, RowSet } from '@bitryoshka/core';
import type { SegmentToFill } from '@bitryoshka/core/internal';
import { checkpoint } from '@bitryoshka/core/internal';
import { consecutive } from '../documents/row-pages.ts';
import { checksumOf } from './file-format.ts';
import type { SqliteVectorStorage, SqliteVectors } from './sqlite-vectors.ts';
import type { StoreFile } from './store-file.ts';

/** How much of what is written counts. */
export interface IndexEnd {
  /** Rows below. */
  readonly row: number;
  /** Removals up to. */
  readonly removal: number;
}

/** Whose codes are written, and which version of them; none while searches are exact. */
export interface WrittenCodes {
  readonly quantizer: Quantizer | undefined;
  /** 0 without a quantizer. */
  readonly version: number;
}

interface RunRow {
  readonly first: number;
  readonly count: number;
  /** Null for rows that follow each other. */
  readonly numbers: Uint8Array | null;
  readonly version: number | null;
  readonly codes: Uint8Array | null;
  readonly checksum: number;
}

/** Rows that an index does not have yet. */
interface NewRows {
  /** Rows below are known. */
  readonly from: number;
  /** Rows from here on do not count. */
  readonly end: number;
  /** Leaves out those that are known, or gone. */
  readonly isNew: (row: number) => boolean;
  readonly written: WrittenCodes;
  /** Of their vectors. */
  readonly storage: SqliteVectorStorage;
}

/** Rows whose numbers and codes are written together. */
const rowsPerRun = 1024;
/** Runs are merged when there are so many times as many as it takes, and a few more. */
const mostScattered = 2;
const fewestScattered = 16;

/** Which rows the index of a file has, and their codes: some rows together, in runs. */
export class IndexRuns {
  readonly #file: StoreFile;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** The rows that there are, in the order of writing, and those that are gone. */
  numbers({ row: end, removal }: IndexEnd): {
    readonly numbers: Uint32Array;
    readonly gone: RowSet;
  } {
    const gone = new RowSet();
    const removals = this.#file.all<{ row: number }>(
      'SELECT row FROM removals WHERE number <= ?',
      removal,
    );
    for (const { row } of removals) gone.add(row);
    const runs = this.#file.all<Pick<RunRow, 'first' | 'count' | 'numbers'>>(
      'SELECT first, count, numbers FROM runs WHERE first < ? ORDER BY first',
      end,
    );
    const numbers = new Uint32Array(runs.reduce((sum, { count }) => sum + count, 0));
    let count = 0;
    for (const run of runs)
      for (const row of rowsOf(run)) if (!gone.has(row)) numbers[count++] = row;
    return { numbers: numbers.subarray(0, count), gone };
  }

  /** Gives the segments of an index their rows, `numbers`, and codes. */
  async fill(
    segments: readonly SegmentToFill[],
    given: {
      readonly numbers: Uint32Array;
      readonly gone: RowSet;
      readonly end: IndexEnd;
      readonly written: WrittenCodes;
      /** Of their vectors. */
      readonly storage: SqliteVectorStorage;
    },
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<void> {
    const { numbers, gone, written, storage } = given;
    for (const { content, first, end } of segments) {
      (content.vectors as SqliteVectors).note(numbers.subarray(first, end));
    }
    const { quantizer } = written;
    if (!quantizer) return;
    const bytes = bytesPerCode(quantizer.bits);
    const runs = this.#file.all<{ first: number }>(
      'SELECT first FROM runs WHERE first < ? ORDER BY first',
      given.end.row,
    );
    let [segment, filled] = [0, 0];
    for (const [done, { first }] of runs.entries()) {
      await checkpoint(task, { stage: 'load', done, total: runs.length });
      const run = this.#run(first);
      const rows = rowsOf(run);
      const places = Array.from(rows.keys()).filter((i) => !gone.has(rows[i] as number));
      const data = codesAt(run, rows, places, { quantizer, version: written.version, storage });
      for (let start = 0; start < places.length; ) {
        const { content, first: from, end } = segments[segment] as SegmentToFill;
        const count = Math.min(places.length - start, end - from - filled);
        const some = data.subarray(start * bytes, (start + count) * bytes);
        const part = { rows: count, bits: quantizer.bits, bytesPerCode: bytes, data: some };
        content.codes?.append(part, quantizer.decoder?.encodeNorms(part));
        start += count;
        filled += count;
        if (filled < end - from) continue;
        segment++;
        filled = 0;
      }
    }
  }

  /**
   * Gives an index the rows that another process has written.
   *
   * @returns those that were added
   */
  takeUp(index: AutoIndex, given: NewRows): number[] {
    // The first of them may begin with rows that are known, since it was merged with others.
    const runs = this.#file.all<{ first: number }>(
      'SELECT first FROM runs WHERE first >= coalesce((SELECT max(first) FROM runs WHERE first < ?), 0) AND first < ? ORDER BY first',
      given.from,
      given.end,
    );
    return runs.flatMap(({ first }) => this.#takeUpRun(index, this.#run(first), given));
  }

  #takeUpRun(index: AutoIndex, run: RunRow, { isNew, written, storage }: NewRows): number[] {
    const { quantizer } = index;
    const rows = rowsOf(run);
    const places = Array.from(rows.keys()).filter((i) => isNew(rows[i] as number));
    const added = places.map((i) => rows[i] as number);
    const { version } = written;
    const data = quantizer && codesAt(run, rows, places, { quantizer, version, storage });
    const bits = quantizer?.bits ?? 0;
    const bytes = bytesPerCode(bits);
    for (const [start, end] of consecutive(added)) {
      const codes = data && {
        rows: end - start,
        bits,
        bytesPerCode: bytes,
        data: data.subarray(start * bytes, end * bytes),
      };
      addWrittenRows(index, added.slice(start, end), codes);
    }
    return added;
  }

  /** Writes rows that an addition has made, and their codes. */
  async append(
    index: AutoIndex,
    { first, count }: { readonly first: number; readonly count: number },
    { quantizer, version }: WrittenCodes,
    task: TaskOptions,
  ): Promise<void> {
    for (let done = 0; done < count; done += rowsPerRun) {
      await checkpoint(task, { stage: 'store', done, total: count });
      const rows = Uint32Array.from(
        { length: Math.min(rowsPerRun, count - done) },
        (_, i) => first + done + i,
      );
      // Those of another quantizer are written when it is.
      const isCurrent = version > 0 && index.quantizer === quantizer;
      const codes = isCurrent ? index.codesOf(rows).data : null;
      this.#write({
        first: first + done,
        count: rows.length,
        numbers: null,
        version: isCurrent ? version : null,
        codes,
      });
    }
  }

  /** Writes the codes of all rows as another version; ends early where the index makes others meanwhile. */
  async recode(index: AutoIndex, version: number, task: TaskOptions): Promise<void> {
    const file = this.#file;
    const runs = file.allNow<{ first: number }>('SELECT first FROM runs ORDER BY first');
    const { quantizer } = index;
    for (const [done, { first }] of runs.entries()) {
      await checkpoint(task, { stage: 'save', done, total: runs.length });
      if (index.quantizer !== quantizer || !quantizer) return;
      const run = file.getNow<RunRow>('SELECT * FROM runs WHERE first = ?', first) as RunRow;
      const rows = rowsOf(run);
      const bytes = bytesPerCode(quantizer.bits);
      const codes = new Uint8Array(rows.length * bytes);
      const there = Array.from(rows.keys()).filter((i) => index.has(rows[i] as number));
      const { data } = index.codesOf(there.map((i) => rows[i] as number));
      for (const [i, place] of there.entries()) {
        codes.set(data.subarray(i * bytes, (i + 1) * bytes), place * bytes);
      }
      this.#write({ ...run, version, codes });
    }
  }

  /** Whether there are many more of them than it takes. */
  isScattered({ rows }: AutoIndex): boolean {
    const found = this.#file.get<{ count: number }>('SELECT count(*) AS count FROM runs');
    const fewest = Math.ceil(rows / rowsPerRun);
    return (found?.count ?? 0) > mostScattered * fewest + fewestScattered;
  }

  /**
   * Makes one run of several that follow each other and are small, or have become so, and leaves out rows that are gone.
   *
   * @returns whether none is left in any run: codes of another quantizer, which are not written yet, come first
   */
  async merge(index: AutoIndex, written: WrittenCodes, task: TaskOptions): Promise<boolean> {
    const runs = this.#file.all<Pick<RunRow, 'first' | 'count' | 'numbers'>>(
      'SELECT first, count, numbers FROM runs ORDER BY first',
    );
    let [firsts, rows, isWhole]: [number[], number[], boolean] = [[], [], true];
    for (const [done, run] of [...runs, undefined].entries()) {
      await checkpoint(task, { stage: 'compact', done, total: runs.length });
      const there = run ? Array.from(rowsOf(run)).filter((row) => index.has(row)) : [];
      if (!run || rows.length + there.length > rowsPerRun) {
        if (index.quantizer !== written.quantizer) return false;
        if (firsts.length > 1 || !isWhole) this.#replace(index, { firsts, rows }, written);
        [firsts, rows, isWhole] = [[], [], true];
      }
      if (!run) break;
      firsts.push(run.first);
      rows.push(...there);
      isWhole &&= there.length === run.count;
    }
    return true;
  }

  /** @param rows that are there, rising */
  #replace(
    index: AutoIndex,
    { firsts, rows }: { readonly firsts: readonly number[]; readonly rows: readonly number[] },
    { quantizer, version }: WrittenCodes,
  ): void {
    const first = rows[0] as number;
    const isConsecutive = rows.at(-1) === first + rows.length - 1;
    this.#file.transaction(() => {
      for (const each of firsts) this.#file.run('DELETE FROM runs WHERE first = ?', each);
      if (rows.length === 0) return;
      this.#write({
        first,
        count: rows.length,
        numbers: isConsecutive ? null : new Uint8Array(Uint32Array.from(rows).buffer),
        version: quantizer ? version : null,
        codes: quantizer ? index.codesOf(rows).data : null,
      });
    });
  }

  #write({ first, count, numbers, version, codes }: Omit<RunRow, 'checksum'>): void {
    this.#file.run(
      'INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)',
      first,
      count,
      numbers,
      version,
      codes,
      checksumOfRun({ first, count, numbers, version, codes }),
    );
  }

  #run(first: number): RunRow {
    const run = this.#file.get<RunRow>('SELECT * FROM runs WHERE first = ?', first);
    if (run && checksumOfRun(run) === run.checksum) return run;
    throw this.#file.damaged(`the codes of rows from ${first} on`);
  }
}

/** Gives an index rows whose vectors are written, and that follow each other. */
export function addWrittenRows(
  index: AutoIndex,
  rows: readonly number[],
  codes: Codes | undefined,
): void {
  index.addWritten(rows[0] as number, rows.length, codes, (vectors, from, to) =>
    (vectors as SqliteVectors).note(rows.slice(from, to)),
  );
}

/** The codes of some rows of a run, by their places: made of their vectors where they are of another version. */
function codesAt(
  { codes, version: known }: Pick<RunRow, 'codes' | 'version'>,
  rows: Uint32Array,
  places: readonly number[],
  given: {
    readonly quantizer: Quantizer;
    readonly version: number;
    readonly storage: SqliteVectorStorage;
  },
): Uint8Array {
  const { quantizer, version, storage } = given;
  if (!codes || known !== version) {
    const unwritten = places.map((place) => rows[place] as number);
    return encode(unwritten, quantizer, storage);
  }
  const bytes = bytesPerCode(quantizer.bits);
  const data = new Uint8Array(places.length * bytes);
  for (const [i, place] of places.entries()) {
    data.set(codes.subarray(place * bytes, (place + 1) * bytes), i * bytes);
  }
  return data;
}

/** Codes of rows, made of their vectors. */
function encode(
  rows: readonly number[],
  quantizer: Quantizer,
  storage: SqliteVectorStorage,
): Uint8Array {
  if (rows.length === 0) return new Uint8Array(0);
  const vectors = storage.create(quantizer.inputDimensions);
  vectors.note(rows);
  const lists = rows.map((_, i) => vectors.at(i));
  return quantizer.encode(lists, 'document').data;
}

function rowsOf({
  first,
  count,
  numbers,
}: Pick<RunRow, 'first' | 'count' | 'numbers'>): Uint32Array {
  if (numbers) return new Uint32Array(numbers.slice().buffer);
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}

function checksumOfRun({
  first,
  count,
  numbers,
  version,
  codes,
}: Omit<RunRow, 'checksum'>): number {
  const none = new Uint8Array(0);
  return checksumOf(`${first} ${count} ${version ?? ''}`, numbers ?? none, codes ?? none);
}
