import type { AutoIndex, Quantizer, TaskOptions } from '@bitryoshka/core';
import { loadQuantizer } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import { checksumOf } from './file-format.ts';
import type { StoreFile } from './store-file.ts';

type Finder = NonNullable<AutoIndex['contents']['finder']>;

/** Bytes of a part that are kept in one piece. */
const pieceBytes = 1 << 20;

/** What the settings say of a finder whose parts are written. */
export interface WrittenFinder {
  readonly kind: string;
  /** Tells its parts from those of one before. */
  readonly generation: number;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Of the removals that it knows, the last. */
  readonly removal: number;
}

/** The quantizer and the finder of an index in a file: bytes under a name that is another each time. */
export class IndexParts {
  readonly #file: StoreFile;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  async readQuantizer(version: number): Promise<Quantizer> {
    return loadQuantizer(await this.#read(quantizerPart(version)));
  }

  /**
   * @param lastVersion of codes, as far as the settings tell
   * @returns the version of its codes
   */
  async writeQuantizer(
    quantizer: Quantizer,
    lastVersion: number,
    task: TaskOptions,
  ): Promise<number> {
    const version = Math.max(lastVersion, this.#lastVersion()) + 1;
    await this.#write(quantizerPart(version), [quantizer.save()], task);
    return version;
  }

  /** An array of a finder. */
  async readFinder(
    { generation }: WrittenFinder,
    name: string,
    byteLength: number,
    task: Pick<TaskOptions, 'signal'>,
  ): Promise<Uint8Array> {
    return this.#read(finderPart(generation, name), byteLength, task);
  }

  /** @param removal the last that the finder knows */
  async writeFinder(finder: Finder, removal: number, task: TaskOptions): Promise<WrittenFinder> {
    const generation = this.#lastPart('finder') + 1;
    const { fields, arrays } = finder.save();
    for (const [name, { pieces }] of Object.entries(arrays)) {
      await this.#write(finderPart(generation, name), pieces(), task);
    }
    return { kind: finder.kind, generation, fields, removal };
  }

  /** Deletes the others. */
  async collect(
    version: number,
    finder: WrittenFinder | undefined,
    task: TaskOptions,
  ): Promise<void> {
    const file = this.#file;
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

  /** Bytes of any length, under a name that is new. */
  async #write(name: string, bytes: Iterable<Uint8Array>, task: TaskOptions): Promise<void> {
    let piece = 0;
    for (const some of bytes) {
      for (let start = 0; start < some.length; start += pieceBytes) {
        const part = some.subarray(start, start + pieceBytes);
        this.#file.run(
          'INSERT INTO parts VALUES (?, ?, ?, ?)',
          name,
          piece,
          part,
          checksumOf(name, `${piece}`, part),
        );
        piece++;
        await checkpoint(task, { stage: 'save', done: 0, total: 1 });
      }
    }
  }

  /**
   * A part, in turns.
   *
   * @throws BitryoshkaError `checksum-mismatch`, also for fewer or more bytes than expected
   */
  async #read(name: string, byteLength?: number, task: TaskOptions = {}): Promise<Uint8Array> {
    const found = this.#file.get<{ length: number; count: number }>(
      'SELECT total(length(bytes)) AS length, count(*) AS count FROM parts WHERE name = ?',
      name,
    );
    const { length, count } = found ?? { length: 0, count: 0 };
    if (byteLength !== undefined && byteLength !== length) {
      throw this.#file.damaged(`the length of ${name}`);
    }
    const bytes = new Uint8Array(length);
    let end = 0;
    for (let piece = 0; piece < count; piece++) {
      await checkpoint(task, { stage: 'load', done: piece, total: count });
      const part = this.#file.get<{ bytes: Uint8Array; checksum: number }>(
        'SELECT bytes, checksum FROM parts WHERE name = ? AND piece = ?',
        name,
        piece,
      );
      const isWhole = part && checksumOf(name, `${piece}`, part.bytes) === part.checksum;
      if (!isWhole || end + part.bytes.length > length) {
        throw this.#file.damaged(`${name}, piece ${piece}`);
      }
      bytes.set(part.bytes, end);
      end += part.bytes.length;
    }
    if (end !== length) throw this.#file.damaged(`the length of ${name}`);
    return bytes;
  }

  /** Also of codes that a change has left which was not sealed. */
  #lastVersion(): number {
    const found = this.#file.getNow<{ last: number | null }>(
      'SELECT max(version) AS last FROM runs',
    );
    return Math.max(found?.last ?? 0, this.#lastPart('quantizer'));
  }

  /** The highest number of parts of the kind; 0 without any. */
  #lastPart(kind: 'finder' | 'quantizer'): number {
    const names = this.#file.allNow<{ name: string }>('SELECT DISTINCT name FROM parts');
    const numbers = names.map(({ name }) => name.split('.')).filter(([each]) => each === kind);
    return Math.max(0, ...numbers.map(([, number]) => Number(number)));
  }
}

function quantizerPart(version: number): string {
  return `quantizer.${version}`;
}

function finderPart(generation: number, name: string): string {
  return `finder.${generation}.${name}`;
}
