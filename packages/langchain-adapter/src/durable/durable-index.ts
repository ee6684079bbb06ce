import type { AutoIndexOptions, Codes, Quantizer, TaskOptions } from '@bitryoshka/core';
import { AutoIndex, BitryoshkaError, bytesPerCode, loadQuantizer, RowSet } from '@bitryoshka/core';
import type { SegmentToFill } from '@bitryoshka/core/internal';
import { checkpoint } from '@bitryoshka/core/internal';
import { isPlainObject } from '../documents/plain-value.ts';
import { consecutive } from '../documents/row-pages.ts';
import type { SqliteVectors } from './sqlite-vectors.ts';
import { checkDurableStorage, SqliteVectorStorage } from './sqlite-vectors.ts';
import type { StoreFile } from './store-file.ts';
import { checksumOf, vectorTable } from './store-file.ts';

/** What is written of an index besides its rows. */
interface IndexSetting {
  readonly dimensions: number;
  readonly storage: 'float32' | 'float16' | 'int8';
  /** Rises each time that all documents are embedded anew. Default: 0. */
  readonly generation?: number | undefined;
  /** Of the codes; 0 while searches are exact. */
  readonly version: number;
  /** Removals up to this one are not told of any more. Default: 0. */
  readonly purged?: number | undefined;
  /** Of codes that there were before searches were exact again: no others get it. Default: 0. */
  readonly lastVersion?: number | undefined;
  /** As the index has them. */
  readonly settings: unknown;
  readonly finder?:
    | {
        readonly kind: string;
        /** Tells its parts from those of one before. */
        readonly generation: number;
        readonly fields: Readonly<Record<string, unknown>>;
        /** Of the removals that it knows, the last. */
        readonly removal: number;
      }
    | undefined;
}

/** Vectors of another model, which are not all there yet. */
interface NextVectors {
  readonly generation: number;
  readonly dimensions: number;
  readonly model: string;
}

/** How much of what is written counts. */
interface IndexEnd {
  /** Rows below. */
  readonly row: number;
  /** Removals up to. */
  readonly removal: number;
}

interface RunRow {
  readonly first: number;
  readonly count: number;
  readonly numbers: Uint8Array | null;
  readonly version: number | null;
  readonly codes: Uint8Array | null;
  readonly checksum: number;
}

/** Rows whose numbers and codes are written together. */
const rowsPerRun = 1024;
/** A graph is written again when so much of its rows have changed. */
const changedShare = 0.02;
const fewestChanged = 1000;
/** What is left of rows that are gone is collected in pieces. */
const rowsPerCollection = 256;
/** Runs are merged when there are so many times as many as it takes, and a few more. */
const mostScattered = 2;
const fewestScattered = 16;
/** Removals that are kept for others to see, at least. */
const fewestRemovals = 10_000;

/** The index of a store in its file: rows in runs, with their codes; the quantizer, and what a finder is. */
export class DurableIndex {
  readonly #file: StoreFile;
  /** Undefined while no vector has told the dimension. */
  #storage: SqliteVectorStorage | undefined;
  /** Of vectors that nobody searches yet. */
  #next: { readonly storage: SqliteVectorStorage; readonly generation: number } | undefined;
  /** What the file is to say of them with the first that are written. */
  #unnamed: { readonly next: NextVectors | undefined } | undefined;
  #setting: IndexSetting | undefined;
  /** Whose codes are written. */
  #written: { readonly quantizer: Quantizer | undefined; readonly version: number } = {
    quantizer: undefined,
    version: 0,
  };
  /** Which finder is written, and the number of changes that there had been. */
  #finder: { readonly finder: unknown; readonly changes: number } = {
    finder: undefined,
    changes: 0,
  };
  #changes = 0;
  /** Whether there may be what a change that failed, or a process that was killed, has left. */
  #mayHaveStaged = true;
  /** Of what is known. */
  #end: IndexEnd = { row: 0, removal: 0 };
  /** Rows from here on are those of the addition that goes on. */
  #added: { readonly end: number; readonly setting: IndexSetting } | undefined;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** What makes stores of vectors for an index that is new. */
  createStorage(format: unknown): (dimensions: number) => SqliteVectors {
    const storage = new SqliteVectorStorage(this.#file, checkDurableStorage(format), 0);
    this.#storage = storage;
    return (dimensions) => storage.create(dimensions);
  }

  /**
   * The index as it was written last.
   *
   * @returns undefined while there were no vectors
   * @throws BitryoshkaError `checksum-mismatch` or `invalid-file`
   */
  async load(
    optionsOf: (dimensions: number) => AutoIndexOptions,
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<{ readonly index: AutoIndex | undefined; readonly rows: Uint32Array }> {
    const file = this.#file;
    const setting = this.#readSetting();
    // Not before all is read: where that fails, it is read anew.
    this.#setting = undefined;
    this.#end = this.#readEnd();
    if (!setting) return { index: undefined, rows: new Uint32Array(0) };
    const { dimensions, storage: format, version, finder } = setting;
    const options = optionsOf(dimensions);
    const storage = new SqliteVectorStorage(file, format, setting.generation ?? 0);
    this.#storage = storage;
    const quantizer =
      version > 0 ? loadQuantizer(await file.readPart(quantizerPart(version))) : undefined;
    const { numbers, gone } = this.#numbers();
    if (numbers.length !== file.setting('count')) throw file.damaged('the list of rows');
    const index = await AutoIndex.restore(
      {
        ...options,
        quantizer,
        storage: (columns) => storage.create(columns),
      },
      {
        settings: setting.settings,
        numbers,
        nextRow: this.#end.row,
        fill: (segments) => this.#fill(segments, { numbers, gone, quantizer, version, task }),
        finder: finder && {
          kind: finder.kind,
          fields: finder.fields,
          read: async (name, byteLength) =>
            file.readPart(finderPart(finder.generation, name), byteLength, task),
        },
      },
      task,
    );
    this.#written = { quantizer, version };
    const { finder: restored } = index.contents;
    if (finder && restored) {
      const later = file.all<{ row: number }>(
        'SELECT row FROM removals WHERE number > ? AND number <= ?',
        finder.removal,
        this.#end.removal,
      );
      for (const { row } of later) restored.remove(row);
      this.#finder = { finder: restored, changes: 0 };
    }
    this.#setting = setting;
    return { index, rows: numbers };
  }

  /**
   * Takes up what another process has written since.
   *
   * @returns the rows that came and that went; undefined where the index has to be loaded anew
   */
  refresh(
    index: AutoIndex,
  ): { readonly added: readonly number[]; readonly removed: readonly number[] } | undefined {
    const file = this.#file;
    const setting = this.#readSetting();
    const finder = setting?.finder?.kind;
    const isOther =
      setting?.version !== this.#setting?.version ||
      setting?.generation !== this.#setting?.generation ||
      finder !== this.#setting?.finder?.kind;
    if (!setting || isOther) return undefined;
    const { row, removal } = this.#end;
    if (removal < (setting.purged ?? 0)) return undefined;
    const end = this.#readEnd();
    // Known again when all of it is taken up: where that fails, the index has some of it.
    this.#setting = undefined;
    const removed = file
      .all<{ row: number }>(
        'SELECT row FROM removals WHERE number > ? AND number <= ?',
        removal,
        end.removal,
      )
      .map((gone) => gone.row);
    index.delete(removed);
    const gone = RowSet.of(removed);
    const added: number[] = [];
    // The first of them may begin with rows that are known, since it was merged with others.
    const runs = file.all<{ first: number }>(
      'SELECT first FROM runs WHERE first >= coalesce((SELECT max(first) FROM runs WHERE first < ?), 0) AND first < ? ORDER BY first',
      row,
      end.row,
    );
    const isNew = (each: number) => each >= row && !gone.has(each);
    for (const { first } of runs) added.push(...this.#takeUp(index, this.#run(first), isNew));
    this.#end = end;
    this.#setting = setting;
    return { added, removed: removed.filter((each) => each < row) };
  }

  /** @returns the rows of a run that are new */
  #takeUp(index: AutoIndex, run: RunRow, isNew: (row: number) => boolean): number[] {
    const { quantizer } = index;
    const rows = rowsOf(run);
    const places = Array.from(rows.keys()).filter((i) => isNew(rows[i] as number));
    const added = places.map((i) => rows[i] as number);
    const bytes = quantizer ? bytesPerCode(quantizer.bits) : 0;
    const isWritten = run.codes !== null && run.version === this.#written.version;
    for (const [start, end] of consecutive(added)) {
      const numbers = added.slice(start, end);
      const place = places[start] as number;
      const data = !quantizer
        ? undefined
        : isWritten
          ? (run.codes as Uint8Array).slice(place * bytes, (place + end - start) * bytes)
          : this.#encode(numbers, quantizer);
      const codes = data && {
        rows: end - start,
        bits: (quantizer as Quantizer).bits,
        bytesPerCode: bytes,
        data,
      };
      note(index, numbers, codes);
    }
    return added;
  }

  /** Before an addition: where its vectors go. */
  async begin(index: AutoIndex): Promise<void> {
    await this.discard();
    this.#file.begin();
    if (this.#storage) this.#storage.nextRow = index.contents.rows.nextRow;
  }

  /** Writes which rows an addition has made, and their codes. */
  async writeRows(
    index: AutoIndex,
    first: number,
    count: number,
    format: unknown,
    task: TaskOptions,
  ): Promise<void> {
    const { quantizer, version } = this.#written;
    for (let done = 0; done < count; done += rowsPerRun) {
      await checkpoint(task, { stage: 'store', done, total: count });
      const rows = Uint32Array.from(
        { length: Math.min(rowsPerRun, count - done) },
        (_, i) => first + done + i,
      );
      // Those of another quantizer are written when it is.
      const isCurrent = version > 0 && index.quantizer === quantizer;
      const codes = isCurrent ? index.codesOf(rows).data : null;
      this.#writeRun({
        first: first + done,
        count: rows.length,
        numbers: null,
        version: isCurrent ? version : null,
        codes,
      });
    }
    const setting = this.#setting ?? {
      dimensions: index.dimensions,
      storage: checkDurableStorage(format),
      version: 0,
      settings: {},
    };
    this.#added = { end: first + count, setting };
  }

  /** Sets, as a change is sealed, that what was written counts. */
  finish(): void {
    const removal =
      this.#file.getNow<{ last: number | null }>('SELECT max(number) AS last FROM removals')
        ?.last ?? this.#end.removal;
    const row = this.#added?.end ?? this.#end.row;
    this.#file.set('end', { row, removal });
    if (this.#added && !this.#setting) this.#file.set('index', this.#added.setting);
  }

  /** After a change was sealed. */
  noteSealed(): void {
    const before = this.#end;
    this.#end = this.#readEnd();
    this.#changes += this.#end.row - before.row + (this.#end.removal - before.removal);
    this.#setting ??= this.#added?.setting;
    this.#added = undefined;
  }

  /** What was begun is not to be seen: it is deleted before the next change. */
  forget(): void {
    this.#added = undefined;
    this.#mayHaveStaged = true;
  }

  /**
   * Writes codes, a finder and depths, where they are others than those that were written last.
   *
   * @param options `isForced`: also a finder that has changed little
   */
  async persist(
    index: AutoIndex,
    task: TaskOptions = {},
    { isForced = false }: { readonly isForced?: boolean } = {},
  ): Promise<void> {
    const before = this.#setting;
    if (!before) return;
    await this.discard();
    const file = this.#file;
    const { settings, finder, quantizer } = index.contents;
    const isOther = quantizer !== this.#written.quantizer;
    const version = isOther ? (quantizer ? this.#nextVersion() : 0) : before.version;
    const changed = this.#changes - this.#finder.changes;
    const isOld = changed > (isForced ? 0 : Math.max(fewestChanged, changedShare * index.rows));
    const isWritten = finder === this.#finder.finder && !isOld && before.finder !== undefined;
    const changes = this.#changes;
    file.begin();
    try {
      if (isOther && quantizer) {
        await this.#writePart(quantizerPart(version), [quantizer.save()], task);
        await this.#writeCodes(index, version, task);
        // The index went on meanwhile: it says so again when it is done.
        if (index.quantizer !== quantizer) {
          file.rollback();
          return;
        }
      }
      const lastVersion = version > 0 ? before.lastVersion : before.version || before.lastVersion;
      let saved = finder && isWritten ? before.finder : undefined;
      if (finder && !isWritten) {
        const generation = this.#nextGeneration();
        const { fields, arrays } = finder.save();
        for (const [name, { pieces }] of Object.entries(arrays)) {
          await this.#writePart(finderPart(generation, name), pieces(), task);
        }
        saved = { kind: finder.kind, generation, fields, removal: this.#end.removal };
      }
      const setting = { ...before, version, settings, finder: saved, lastVersion };
      if (JSON.stringify(setting) === JSON.stringify(before)) {
        file.rollback();
        return;
      }
      file.seal(() => file.set('index', setting));
      if (!isWritten) this.#finder = { finder, changes };
      this.#setting = setting;
      this.#written = { quantizer, version };
    } catch (cause) {
      file.rollback();
      throw cause;
    }
  }

  /**
   * Deletes what nobody reads any more, some at a time: documents and vectors of rows that are gone, and what an index
   * was before.
   */
  async collect(index: AutoIndex, task: TaskOptions = {}): Promise<void> {
    const file = this.#file;
    const hasWords = file.hasTable('words');
    for (;;) {
      const some = file.all<{ number: number; row: number }>(
        `SELECT number, row FROM removals WHERE collected = 0 AND number <= ? ORDER BY number LIMIT ${rowsPerCollection}`,
        this.#end.removal,
      );
      if (some.length === 0) break;
      file.transaction(() => {
        for (const { number, row } of some) {
          file.run('DELETE FROM documents WHERE row = ?', row);
          file.run(`DELETE FROM ${this.#vectors} WHERE row = ?`, row);
          if (hasWords) file.run('DELETE FROM words WHERE rowid = ?', row);
          file.run('UPDATE removals SET collected = 1 WHERE number = ?', number);
        }
      });
      await checkpoint(task, { stage: 'collect', done: some.length, total: some.length });
    }
    await this.#collectVectors(task);
    await this.#collectParts(task);
    if (this.#isScattered(index)) await this.#mergeRuns(index, task);
    if (this.#end.removal - this.#purged > Math.max(fewestRemovals, index.rows)) {
      await this.#purge(index, task);
    }
    if (file.isMostlyFree) await file.giveBack(task);
  }

  /**
   * Makes the file as small as it can be: what `collect` does, however little there is to gain.
   *
   * @throws the signal's reason; what was done until then stays
   */
  async compact(index: AutoIndex, task: TaskOptions): Promise<void> {
    await this.persist(index, task, { isForced: true });
    await this.collect(index, task);
    await this.#mergeRuns(index, task);
    await this.#purge(index, task);
    await this.#file.giveBack(task);
  }

  /** Parts of quantizers and finders of before. */
  async #collectParts(task: TaskOptions): Promise<void> {
    const file = this.#file;
    const { version, finder } = this.#setting ?? { version: 0 };
    const parts = file.all<{ name: string; piece: number }>('SELECT name, piece FROM parts');
    for (const { name, piece } of parts) {
      const isKept =
        name === quantizerPart(version) ||
        (finder !== undefined && name.startsWith(finderPart(finder.generation, '')));
      if (isKept) continue;
      file.transaction(() =>
        file.run('DELETE FROM parts WHERE name = ? AND piece = ?', name, piece),
      );
      await checkpoint(task, { stage: 'collect', done: 0, total: parts.length });
    }
  }

  #isScattered({ rows }: AutoIndex): boolean {
    const found = this.#file.get<{ count: number }>('SELECT count(*) AS count FROM runs');
    const fewest = Math.ceil(rows / rowsPerRun);
    return (found?.count ?? 0) > mostScattered * fewest + fewestScattered;
  }

  /**
   * Makes one run of several that follow each other and are small, or have become so, and leaves out rows that are gone.
   *
   * @returns whether none is left in any run: codes of another quantizer, which are not written yet, come first
   */
  async #mergeRuns(index: AutoIndex, task: TaskOptions): Promise<boolean> {
    const runs = this.#file.all<Pick<RunRow, 'first' | 'count' | 'numbers'>>(
      'SELECT first, count, numbers FROM runs ORDER BY first',
    );
    let [firsts, rows, isWhole]: [number[], number[], boolean] = [[], [], true];
    for (const [done, run] of [...runs, undefined].entries()) {
      await checkpoint(task, { stage: 'compact', done, total: runs.length });
      const there = run ? Array.from(rowsOf(run)).filter((row) => index.has(row)) : [];
      if (!run || rows.length + there.length > rowsPerRun) {
        if (index.quantizer !== this.#written.quantizer) return false;
        if (firsts.length > 1 || !isWhole) this.#replaceRuns(index, firsts, rows);
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
  #replaceRuns(index: AutoIndex, firsts: readonly number[], rows: readonly number[]): void {
    const { quantizer, version } = this.#written;
    const first = rows[0] as number;
    const isConsecutive = rows.at(-1) === first + rows.length - 1;
    this.#file.transaction(() => {
      for (const each of firsts) this.#file.run('DELETE FROM runs WHERE first = ?', each);
      if (rows.length === 0) return;
      this.#writeRun({
        first,
        count: rows.length,
        numbers: isConsecutive ? null : new Uint8Array(Uint32Array.from(rows).buffer),
        version: quantizer ? version : null,
        codes: quantizer ? index.codesOf(rows).data : null,
      });
    });
  }

  /** Removals that this store has told of up to now. */
  get #purged(): number {
    return this.#setting?.purged ?? 0;
  }

  /** Deletes removals that say nothing any more: no run has their rows, and a finder that is written knows them. */
  async #purge(index: AutoIndex, task: TaskOptions): Promise<void> {
    const before = this.#setting;
    if (!before) return;
    const file = this.#file;
    const purged = Math.min(this.#end.removal, before.finder?.removal ?? this.#end.removal);
    if (purged > this.#purged) {
      if (!(await this.#mergeRuns(index, task))) return;
      const setting = { ...before, purged };
      file.begin();
      file.seal(() => file.set('index', setting));
      this.#setting = setting;
    }
    // Those as well that an earlier purge has left when it was interrupted.
    for (;;) {
      const some = file.all<{ number: number }>(
        `SELECT number FROM removals WHERE number <= ? AND collected = 1 LIMIT ${rowsPerCollection}`,
        this.#purged,
      );
      if (some.length === 0) return;
      file.transaction(() => {
        for (const { number } of some) file.run('DELETE FROM removals WHERE number = ?', number);
      });
      await checkpoint(task, { stage: 'compact', done: 0, total: some.length });
    }
  }

  /** Vectors that no index has any more, or never will have. */
  async #collectVectors(task: TaskOptions): Promise<void> {
    const file = this.#file;
    const kept = [
      this.#setting?.generation ?? 0,
      this.#next?.generation,
      this.#readNext()?.generation,
    ];
    for (const generation of file.vectorGenerations) {
      if (kept.includes(generation)) continue;
      const table = vectorTable(generation);
      for (;;) {
        const rows = file.all<{ row: number }>(
          `SELECT row FROM ${table} LIMIT ${rowsPerCollection}`,
        );
        if (rows.length === 0) break;
        file.transaction(() => {
          for (const { row } of rows) file.run(`DELETE FROM ${table} WHERE row = ?`, row);
        });
        await checkpoint(task, { stage: 'collect', done: 0, total: rows.length });
      }
      file.dropVectors(generation);
    }
  }

  get #vectors(): string {
    return vectorTable(this.#setting?.generation ?? 0);
  }

  /** Of which model there are vectors that were to take the place of others when that was interrupted. */
  get interrupted(): { readonly model: string; readonly dimensions: number } | undefined {
    const next = this.#next ? undefined : this.#readNext();
    return next && this.#file.vectorGenerations.includes(next.generation) ? next : undefined;
  }

  /**
   * A place for other vectors of the same rows, beside those that are searched.
   *
   * @param model that makes them; what is interrupted cannot go on where that is not known
   * @returns what makes stores of vectors for their index
   */
  beginNext(
    format: unknown,
    dimensions: number,
    model: string | undefined,
  ): (dimensions: number) => SqliteVectors {
    if (!this.#setting) return this.createStorage(format);
    const generation = Math.max(...this.#file.vectorGenerations) + 1;
    this.#file.createVectors(generation);
    const storage = this.#writeNextTo(generation, this.#setting);
    this.#unnamed = { next: model === undefined ? undefined : { generation, dimensions, model } };
    return storage;
  }

  /** Goes on with the vectors that are `interrupted`. */
  resumeNext(): ((dimensions: number) => SqliteVectors) | undefined {
    const next = this.#readNext();
    return this.#setting && next && this.#writeNextTo(next.generation, this.#setting);
  }

  #writeNextTo(
    generation: number,
    { storage: format }: IndexSetting,
  ): (dimensions: number) => SqliteVectors {
    const storage = new SqliteVectorStorage(this.#file, format, generation);
    this.#next = { storage, generation };
    return (columns) => storage.create(columns);
  }

  /**
   * Takes up the other vectors that are there already, and deletes those of documents that went meanwhile, in turns.
   *
   * @param isThere whether there is a document of the row
   * @returns rows below are done
   */
  async takeUpNext(
    index: AutoIndex,
    isThere: (row: number) => boolean,
    task: TaskOptions,
  ): Promise<number> {
    const table = this.#next?.storage.table;
    if (table === undefined) return 0;
    const file = this.#file;
    for (let end = 0; ; ) {
      const rows = file
        .all<{ row: number }>(
          `SELECT row FROM ${table} WHERE row >= ? ORDER BY row LIMIT ${rowsPerRun}`,
          end,
        )
        .map(({ row }) => row);
      if (rows.length === 0) return end;
      const there = rows.filter(isThere);
      for (const [from, to] of consecutive(there)) note(index, there.slice(from, to), undefined);
      const gone = rows.filter((row) => !isThere(row));
      file.transaction(() => {
        for (const row of gone) file.run(`DELETE FROM ${table} WHERE row = ?`, row);
      });
      end = (rows.at(-1) as number) + 1;
      await checkpoint(task, { stage: 'load', done: index.rows, total: index.rows });
    }
  }

  #readNext(): NextVectors | undefined {
    const next = this.#file.setting('next');
    if (!isPlainObject(next)) return undefined;
    const { generation, dimensions, model } = next;
    const isKnown = isCount(generation) && isCount(dimensions) && typeof model === 'string';
    // Never those that are searched.
    if (isKnown && (generation as number) <= (this.#setting?.generation ?? 0)) return undefined;
    return isKnown ? (next as unknown as NextVectors) : undefined;
  }

  /** Where the next of the other vectors goes. */
  writeNextFrom(row: number): void {
    if (this.#next) this.#next.storage.nextRow = row;
  }

  /** Writes some of the other vectors. */
  async writeNext<T>(write: () => Promise<T>): Promise<T> {
    await this.discard();
    this.#file.begin();
    try {
      const written = await write();
      const unnamed = this.#unnamed;
      this.#file.seal(() => unnamed && this.#file.set('next', unnamed.next));
      this.#unnamed = undefined;
      return written;
    } catch (cause) {
      this.#file.rollback();
      throw cause;
    }
  }

  /**
   * The other vectors take the place of those that are searched, at once.
   *
   * @param gone rows of theirs that were deleted meanwhile
   * @param alsoSet what else is set then
   */
  async swap(index: AutoIndex, gone: readonly number[], alsoSet: () => void): Promise<void> {
    const next = this.#next;
    const before = this.#setting;
    if (!next || !before) return;
    await this.discard();
    const { dimensions } = index;
    const { storage, generation } = next;
    const { storage: format } = before;
    const { purged } = before;
    const setting = { dimensions, storage: format, generation, version: 0, settings: {}, purged };
    this.#file.begin();
    try {
      for (const row of gone) this.#file.run(`DELETE FROM ${storage.table} WHERE row = ?`, row);
      this.#file.seal(() => {
        this.#file.set('index', setting);
        this.#file.set('next', undefined);
        alsoSet();
      });
    } catch (cause) {
      this.#file.rollback();
      throw cause;
    }
    this.#storage = storage;
    this.#setting = setting;
    this.#written = { quantizer: undefined, version: 0 };
    this.#finder = { finder: undefined, changes: this.#changes };
    this.#next = undefined;
  }

  /** The other vectors are not to be, for now: unless they can go on, they are deleted with what else nobody reads. */
  forgetNext(): void {
    this.#next = undefined;
    this.#unnamed = undefined;
  }

  /** Deletes what a change that was not sealed has written: before the next one. */
  async discard(): Promise<void> {
    if (!this.#mayHaveStaged) return;
    const file = this.#file;
    const { row: end, removal } = this.#end;
    for (const [table, column, from] of [
      ['documents', 'row', end],
      [this.#vectors, 'row', end],
      ['runs', 'first', end],
      ['removals', 'number', removal + 1],
      ...(file.hasTable('words') ? ([['words', 'rowid', end]] as const) : []),
    ] as const) {
      for (;;) {
        const some = file.all<{ key: number }>(
          `SELECT ${column} AS key FROM ${table} WHERE ${column} >= ? ORDER BY ${column} DESC LIMIT ${rowsPerCollection}`,
          from,
        );
        if (some.length === 0) break;
        file.transaction(() => {
          for (const { key } of some) file.run(`DELETE FROM ${table} WHERE ${column} = ?`, key);
        });
        await checkpoint({}, { stage: 'collect', done: 0, total: 1 });
      }
    }
    this.#mayHaveStaged = false;
  }

  async #writePart(name: string, bytes: Iterable<Uint8Array>, task: TaskOptions): Promise<void> {
    for (const _ of this.#file.writePart(name, bytes)) {
      await checkpoint(task, { stage: 'save', done: 0, total: 1 });
    }
  }

  #nextGeneration(): number {
    return this.#lastPart('finder') + 1;
  }

  #nextVersion(): number {
    const last =
      this.#file.getNow<{ last: number | null }>('SELECT max(version) AS last FROM runs')?.last ??
      0;
    return Math.max(last, this.#lastPart('quantizer'), this.#setting?.lastVersion ?? 0) + 1;
  }

  /** The highest number of parts of the kind; 0 without any. */
  #lastPart(kind: 'finder' | 'quantizer'): number {
    const names = this.#file.allNow<{ name: string }>('SELECT DISTINCT name FROM parts');
    const numbers = names.map(({ name }) => name.split('.')).filter(([each]) => each === kind);
    return Math.max(0, ...numbers.map(([, number]) => Number(number)));
  }

  #readEnd(): IndexEnd {
    const end = this.#file.setting('end') ?? { row: 0, removal: 0 };
    if (isPlainObject(end) && isCount(end.row) && isCount(end.removal)) {
      return end as unknown as IndexEnd;
    }
    throw this.#file.damaged('where its rows end');
  }

  #readSetting(): IndexSetting | undefined {
    const setting = this.#file.setting('index');
    if (setting === undefined) return undefined;
    if (isPlainObject(setting)) {
      const { dimensions, version } = setting;
      if (isCount(dimensions) && isCount(version)) return setting as unknown as IndexSetting;
    }
    throw new BitryoshkaError({
      code: 'invalid-file',
      message: `${this.#file.path}: got ${JSON.stringify(setting)} as what its index is.`,
      remedy: 'Check that this is the right file.',
    });
  }

  /** The rows that there are, in the order of writing, and those that are gone. */
  #numbers(): { readonly numbers: Uint32Array; readonly gone: RowSet } {
    const gone = new RowSet();
    const { row: end, removal } = this.#end;
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

  async #fill(
    segments: readonly SegmentToFill[],
    given: {
      readonly numbers: Uint32Array;
      readonly gone: RowSet;
      readonly quantizer: Quantizer | undefined;
      readonly version: number;
      readonly task: Pick<TaskOptions, 'signal'>;
    },
  ): Promise<void> {
    const { numbers, gone, quantizer, version, task } = given;
    for (const { content, first, end } of segments) {
      (content.vectors as SqliteVectors).note(numbers.subarray(first, end));
    }
    if (!quantizer) return;
    const bytes = bytesPerCode(quantizer.bits);
    const runs = this.#file.all<{ first: number }>(
      'SELECT first FROM runs WHERE first < ? ORDER BY first',
      this.#end.row,
    );
    let [segment, filled] = [0, 0];
    for (const [done, { first }] of runs.entries()) {
      await checkpoint(task, { stage: 'load', done, total: runs.length });
      const run = this.#run(first);
      const rows = rowsOf(run);
      const places = Array.from(rows.keys()).filter((i) => !gone.has(rows[i] as number));
      const data = new Uint8Array(places.length * bytes);
      const { codes } = run;
      if (codes && run.version === version) {
        for (const [i, place] of places.entries()) {
          data.set(codes.subarray(place * bytes, (place + 1) * bytes), i * bytes);
        }
      } else {
        // Written before the codes of this version were.
        const made = this.#encode(
          places.map((place) => rows[place] as number),
          quantizer,
        );
        data.set(made);
      }
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

  #encode(rows: readonly number[], quantizer: Quantizer): Uint8Array {
    if (rows.length === 0) return new Uint8Array(0);
    const vectors = (this.#storage as SqliteVectorStorage).create(quantizer.inputDimensions);
    vectors.note(rows);
    const lists = rows.map((_, i) => vectors.at(i));
    return quantizer.encode(lists, 'document').data;
  }

  async #writeCodes(index: AutoIndex, version: number, task: TaskOptions): Promise<void> {
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
      this.#writeRun({ ...run, version, codes });
    }
  }

  #writeRun({ first, count, numbers, version, codes }: Omit<RunRow, 'checksum'>): void {
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

function quantizerPart(version: number): string {
  return `quantizer.${version}`;
}

function finderPart(generation: number, name: string): string {
  return `finder.${generation}.${name}`;
}

/** Gives an index rows whose vectors are written, and that follow each other. */
function note(index: AutoIndex, rows: readonly number[], codes: Codes | undefined): void {
  index.addWritten(rows[0] as number, rows.length, codes, (vectors, from, to) =>
    (vectors as SqliteVectors).note(rows.slice(from, to)),
  );
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

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
