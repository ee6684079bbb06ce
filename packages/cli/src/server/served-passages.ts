import type { TaskOptions } from '@bitryoshka/core';
import { checkpoint, VectorRows } from '@bitryoshka/core/internal';
import type { Document } from '@langchain/core/documents';
import type { FolderLibrary, PassageMetadata, Place } from '../library/folder-library.ts';
import type { PassageKey, Source } from './api-types.ts';

/** A folder and what was read of it. */
export interface ServedFolder {
  /** As it is called in answers: its last part, and a number where others are called so, too. */
  readonly name: string;
  readonly path: string;
  readonly library: FolderLibrary;
}

/** The passages of a file, by number, and where each begins; those that it has twice are there twice. */
interface SourceRows {
  readonly folder: ServedFolder;
  readonly source: string;
  readonly rows: { readonly row: number; readonly line: number }[];
}

const rowsPerTurn = 512;

/** The passages of all folders as one collection, numbered from 0, with their vectors. */
export class ServedPassages {
  readonly folders: readonly ServedFolder[];
  readonly vectors: VectorRows;
  readonly #keys: PassageKey[] = [];
  readonly #rows: Map<string, number> = new Map();
  readonly #sources: Map<string, SourceRows> = new Map();

  private constructor(folders: readonly ServedFolder[], dimensions: number) {
    this.folders = folders;
    this.vectors = new VectorRows(dimensions);
  }

  /** Copies the vectors, in turns: they are compared in other ways than those of the folders' own indexes. */
  static async of(
    folders: readonly ServedFolder[],
    task: TaskOptions = {},
  ): Promise<ServedPassages> {
    const dimensions = folders[0]?.library.store.index?.dimensions ?? 0;
    const passages = new ServedPassages(folders, dimensions);
    const total = folders.reduce((sum, { library }) => sum + library.passages, 0);
    for (const folder of folders) {
      const { index } = folder.library.store;
      if (!index) continue;
      let row = 0;
      // Documents come in the order of their rows, of which some may have gone.
      for (const [id] of folder.library.store.entries()) {
        while (!index.has(row)) row++;
        const data = index.vector(row++);
        passages.vectors.append({ rows: 1, columns: dimensions, data });
        passages.#note(folder, id);
        const done = passages.count;
        if (done % rowsPerTurn === 0) await checkpoint(task, { stage: 'collect', done, total });
      }
    }
    for (const { rows } of passages.#sources.values()) rows.sort((a, b) => a.line - b.line);
    return passages;
  }

  get count(): number {
    return this.#keys.length;
  }

  key(row: number): PassageKey {
    return this.#keys[row] as PassageKey;
  }

  /** Undefined for a passage that is not there. */
  row({ folder, id }: PassageKey): number | undefined {
    return this.#rows.get(nameOf(folder, id));
  }

  folder(name: string): ServedFolder {
    return this.folders.find((folder) => folder.name === name) as ServedFolder;
  }

  /** Where a passage stands: in one file, or in several that say the same. */
  places(row: number): readonly Place[] {
    const { folder, id } = this.key(row);
    return this.folder(folder).library.places(id);
  }

  /** The numbers of the passages of the same file, the first one that it is in, in its order. */
  neighbours(row: number): readonly number[] {
    const [{ source }] = this.places(row) as [Place];
    const { rows } = this.#sources.get(nameOf(this.key(row).folder, source)) as SourceRows;
    return rows.map((each) => each.row);
  }

  async documents(rows: readonly number[]): Promise<Document<PassageMetadata>[]> {
    const documents: Document<PassageMetadata>[] = [];
    for (const row of rows) {
      const { folder, id } = this.key(row);
      const [document] = await this.folder(folder).library.store.getByIds([id]);
      documents.push(document as Document<PassageMetadata>);
    }
    return documents;
  }

  /** Files, in the order in which they were read. */
  *sources(): Generator<{ readonly source: Source; readonly rows: readonly number[] }> {
    for (const { folder, source, rows } of this.#sources.values()) {
      const numbers = rows.map(({ row }) => row);
      const first = this.key(numbers[0] as number).id;
      yield {
        source: { folder: folder.name, source, passages: rows.length, first },
        rows: numbers,
      };
    }
  }

  get sourceCount(): number {
    return this.#sources.size;
  }

  #note(folder: ServedFolder, id: string): void {
    const row = this.#keys.length;
    for (const { source, line } of folder.library.places(id)) {
      const name = nameOf(folder.name, source);
      const ofSource = this.#sources.get(name) ?? { folder, source, rows: [] };
      ofSource.rows.push({ row, line });
      this.#sources.set(name, ofSource);
    }
    this.#keys.push({ folder: folder.name, id });
    this.#rows.set(nameOf(folder.name, id), row);
  }
}

/** Names of folders have no slash. */
function nameOf(folder: string, id: string): string {
  return `${folder}/${id}`;
}
