import type { AutoIndexOptions, TaskOptions, VectorFormatName } from '@bitryoshka/core';
import { AutoIndex, BitryoshkaError, RowSet } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import { isCount, isPlainObject } from '../documents/plain-value.ts';
import { vectorTable } from './file-format.ts';
import type { WrittenFinder } from './index-parts.ts';
import { IndexParts } from './index-parts.ts';
import type { IndexEnd, WrittenCodes } from './index-runs.ts';
import { IndexRuns } from './index-runs.ts';
import { NextVectors } from './next-vectors.ts';
import type { SqliteVectors } from './sqlite-vectors.ts';
import { checkDurableStorage, SqliteVectorStorage } from './sqlite-vectors.ts';
import type { StoreFile } from './store-file.ts';

/** What is written of an index besides its rows. */
interface IndexSetting {
  readonly dimensions: number;
  readonly storage: VectorFormatName;
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
  readonly finder?: WrittenFinder | undefined;
}

/** A graph is written again when so much of its rows have changed. */
const changedShare = 0.02;
const fewestChanged = 1000;
/** What is left of rows that are gone is collected in pieces. */
const rowsPerCollection = 256;
/** Removals that are kept for others to see, at least. */
const fewestRemovals = 10_000;

/** The index of a store in its file: what of it counts, and what is written of each change. */
export class DurableIndex {
  readonly #file: StoreFile;
  readonly #runs: IndexRuns;
  readonly #parts: IndexParts;
  /** Vectors that nobody searches yet. */
  readonly next: NextVectors;
  /** Undefined while no vector has told the dimension. */
  #storage: SqliteVectorStorage | undefined;
  #setting: IndexSetting | undefined;
  #written: WrittenCodes = { quantizer: undefined, version: 0 };
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
    this.#runs = new IndexRuns(file);
    this.#parts = new IndexParts(file);
    this.next = new NextVectors(file);
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
    const quantizer = version > 0 ? await this.#parts.readQuantizer(version) : undefined;
    const written = { quantizer, version };
    const end = this.#end;
    const { numbers, gone } = this.#runs.numbers(end);
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
        nextRow: end.row,
        fill: (segments) =>
          this.#runs.fill(segments, { numbers, gone, end, written, storage }, task),
        finder: finder && {
          kind: finder.kind,
          fields: finder.fields,
          read: (name, byteLength) => this.#parts.readFinder(finder, name, byteLength, task),
        },
      },
      task,
    );
    this.#written = written;
    const { finder: restored } = index.contents;
    if (finder && restored) {
      const later = file.all<{ row: number }>(
        'SELECT row FROM removals WHERE number > ? AND number <= ?',
        finder.removal,
        end.removal,
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
    const added = this.#runs.takeUp(index, {
      from: row,
      end: end.row,
      isNew: (each) => each >= row && !gone.has(each),
      written: this.#written,
      storage: this.#storage as SqliteVectorStorage,
    });
    this.#end = end;
    this.#setting = setting;
    return { added, removed: removed.filter((each) => each < row) };
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
    await this.#runs.append(index, { first, count }, this.#written, task);
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
    const changed = this.#changes - this.#finder.changes;
    const isOld = changed > (isForced ? 0 : Math.max(fewestChanged, changedShare * index.rows));
    const isWritten = finder === this.#finder.finder && !isOld && before.finder !== undefined;
    const changes = this.#changes;
    file.begin();
    try {
      let version = isOther ? 0 : before.version;
      if (isOther && quantizer) {
        version = await this.#parts.writeQuantizer(quantizer, before.lastVersion ?? 0, task);
        await this.#runs.recode(index, version, task);
        // The index went on meanwhile: it says so again when it is done.
        if (index.quantizer !== quantizer) {
          file.rollback();
          return;
        }
      }
      const lastVersion = version > 0 ? before.lastVersion : lastVersionOf(before);
      let saved = finder && isWritten ? before.finder : undefined;
      if (finder && !isWritten) {
        saved = await this.#parts.writeFinder(finder, this.#end.removal, task);
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
    const { version, finder } = this.#setting ?? { version: 0 };
    await this.#parts.collect(version, finder, task);
    if (this.#runs.isScattered(index)) await this.#runs.merge(index, this.#written, task);
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
    await this.#runs.merge(index, this.#written, task);
    await this.#purge(index, task);
    await this.#file.giveBack(task);
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
      if (!(await this.#runs.merge(index, this.#written, task))) return;
      const setting = { ...before, purged };
      file.begin();
      file.seal(() => file.set('index', setting));
      this.#setting = setting;
    }
    // Those as well that an earlier purge has left when it was interrupted. The last is left longest: further ones are counted from it.
    const where = 'number <= ? AND collected = 1 ORDER BY number';
    const removals = { table: 'removals', key: 'number', where, values: [this.#purged] };
    await file.deleteInTurns(removals, task, 'compact');
  }

  /** Vectors that no index has any more, or never will have. */
  async #collectVectors(task: TaskOptions): Promise<void> {
    const file = this.#file;
    const kept = [this.#setting?.generation ?? 0, ...this.next.generations];
    for (const generation of file.vectorGenerations) {
      if (kept.includes(generation)) continue;
      await file.deleteInTurns({ table: vectorTable(generation), key: 'row', where: 'true' }, task);
      file.dropVectors(generation);
    }
  }

  get #vectors(): string {
    return vectorTable(this.#setting?.generation ?? 0);
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
    return this.next.begin(this.#setting.storage, dimensions, model);
  }

  /** Goes on with the vectors that are `interrupted`. */
  resumeNext(): ((dimensions: number) => SqliteVectors) | undefined {
    return this.#setting && this.next.resume(this.#setting.storage);
  }

  /** Writes some of the other vectors. */
  async writeNext<T>(write: () => Promise<T>): Promise<T> {
    await this.discard();
    return this.next.write(write);
  }

  /**
   * The other vectors take the place of those that are searched, at once.
   *
   * @param gone rows of theirs that were deleted meanwhile
   * @param alsoSet what else is set then
   */
  async swap(index: AutoIndex, gone: readonly number[], alsoSet: () => void): Promise<void> {
    const { place } = this.next;
    const before = this.#setting;
    if (!place || !before) return;
    await this.discard();
    const { dimensions } = index;
    const { storage, generation } = place;
    const { storage: format, purged } = before;
    const setting = {
      dimensions,
      storage: format,
      generation,
      version: 0,
      settings: {},
      purged,
      lastVersion: lastVersionOf(before),
    };
    this.next.take(gone, () => {
      this.#file.set('index', setting);
      alsoSet();
    });
    this.#storage = storage;
    this.#setting = setting;
    this.#written = { quantizer: undefined, version: 0 };
    this.#finder = { finder: undefined, changes: this.#changes };
  }

  /** Deletes what a change that was not sealed has written: before the next one. */
  async discard(): Promise<void> {
    if (!this.#mayHaveStaged) return;
    const file = this.#file;
    const { row: end, removal } = this.#end;
    for (const [table, key, from] of [
      ['documents', 'row', end],
      [this.#vectors, 'row', end],
      ['runs', 'first', end],
      ['removals', 'number', removal + 1],
      ...(file.hasTable('words') ? ([['words', 'rowid', end]] as const) : []),
    ] as const) {
      const where = `${key} >= ? ORDER BY ${key} DESC`;
      await file.deleteInTurns({ table, key, where, values: [from] });
    }
    this.#mayHaveStaged = false;
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
}

/** Of the codes that there are, or were last. */
function lastVersionOf({ version, lastVersion }: IndexSetting): number | undefined {
  return version || lastVersion;
}
