import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import type { FoundPassage } from '../library/find-passages.ts';
import { findPassages } from '../library/find-passages.ts';
import type {
  FolderLibrary,
  OpenLibraryOptions,
  PassageMetadata,
  Place,
} from '../library/folder-library.ts';
import { liveFolders } from '../library/live-folders.ts';
import type { LiveLibrary } from '../library/live-library.ts';

/** A passage with the text around it. */
export interface ReadPassage extends Place {
  readonly id: string;
  readonly headings: readonly string[];
  readonly text: string;
}

/** A file that passages were made of. */
interface Source {
  readonly source: string;
  readonly passages: number;
}

/** A folder that is searched, and what is in it. */
export interface FolderSources {
  /** What its sources begin with; empty where it is the only one. */
  readonly prefix: string;
  readonly path: string;
  readonly sources: readonly Source[];
}

interface SearchedFolder {
  readonly prefix: string;
  readonly library: LiveLibrary;
}

/** Characters of an id that nobody knows that are said back. */
const longestShown = 200;

/**
 * Folders that are searched together and follow their files. Nothing is read by a name that is given from outside:
 * names are looked up among what was indexed.
 */
export class SearchedFolders {
  readonly #folders: readonly SearchedFolder[];

  private constructor(folders: readonly SearchedFolder[]) {
    this.#folders = folders;
  }

  /** @throws BitryoshkaError `file-not-found` for what is no folder */
  static async open(
    folders: readonly string[],
    options: Omit<OpenLibraryOptions, keyof TaskOptions> = {},
  ): Promise<SearchedFolders> {
    const live = await liveFolders(folders, {
      ...options,
      // A link may lead anywhere.
      collect: { ...options.collect, isConfined: true },
    });
    return new SearchedFolders(
      live.map(({ name, library }) => ({ prefix: live.length === 1 ? '' : `${name}/`, library })),
    );
  }

  /** The best of all folders. */
  async search(question: string, k: number, task: TaskOptions): Promise<FoundPassage[]> {
    const found = [];
    for (const folder of this.#folders) {
      const library = await currentOf(folder, task);
      if (!library) continue;
      for (const passage of await findPassages(library, question, k)) {
        const { others } = passage;
        found.push({
          ...passage,
          ...renamed(folder, passage),
          ...(others && {
            others: others.map((other) => ({
              ...other,
              source: `${folder.prefix}${other.source}`,
            })),
          }),
        });
      }
    }
    return found.sort((a, b) => b.score - a.score).slice(0, k);
  }

  /**
   * A passage, and those before and after it in its file.
   *
   * @param id of a passage, or the name of a file for its beginning
   * @throws BitryoshkaError `invalid-option` for an id that was not indexed
   */
  async read(
    id: string,
    { before, after, ...task }: TaskOptions & { readonly before: number; readonly after: number },
  ): Promise<ReadPassage[]> {
    for (const folder of this.#folders) {
      if (!id.startsWith(folder.prefix)) continue;
      const library = await currentOf(folder, task);
      if (!library) continue;
      const found = await passagesAround(library, id.slice(folder.prefix.length), before, after);
      if (found) return found.map((passage) => ({ ...passage, ...renamed(folder, passage) }));
    }
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `id: got ${JSON.stringify(id.slice(0, longestShown))}, expected a passage or a file that was indexed.`,
      remedy: 'Take an id that search returned, or a source of list_sources.',
    });
  }

  /** What can be found, by folder. */
  async list(task: TaskOptions): Promise<FolderSources[]> {
    const listed: FolderSources[] = [];
    for (const folder of this.#folders) {
      const library = await currentOf(folder, task);
      const sources = [...(library ? passagesByFile(library) : [])].map(([source, all]) => ({
        source: `${folder.prefix}${source}`,
        passages: all.length,
      }));
      sources.sort((a, b) => (a.source < b.source ? -1 : 1));
      listed.push({ prefix: folder.prefix, path: folder.library.folder, sources });
    }
    return listed;
  }

  async close(): Promise<void> {
    await Promise.all(this.#folders.map(({ library }) => library.close()));
  }
}

/** Undefined for a folder without text: there may be some later. */
async function currentOf(
  { library }: SearchedFolder,
  task: TaskOptions,
): Promise<FolderLibrary | undefined> {
  try {
    return await library.current(task);
  } catch (error) {
    if (BitryoshkaError.isInstance(error) && error.code === 'empty-input') return undefined;
    throw error;
  }
}

/** Undefined for an id that is none. */
async function passagesAround(
  library: FolderLibrary,
  id: string,
  before: number,
  after: number,
): Promise<ReadPassage[] | undefined> {
  const files = passagesByFile(library);
  const [first] = library.places(id);
  const passages = files.get(first?.source ?? id);
  if (!passages) return undefined;
  const at = first ? passages.findIndex((passage) => passage.id === id) : 0;
  const read = passages.slice(Math.max(0, at - before), at + after + 1);
  const documents = await library.store.getByIds(read.map((passage) => passage.id));
  return documents.map(({ metadata, pageContent: text }, i) => ({
    ...(read[i] as ReadPlace),
    headings: (metadata as PassageMetadata).headings,
    text,
  }));
}

/** A passage in a file. */
interface ReadPlace extends Place {
  readonly id: string;
}

/** Libraries do not change once they are handed out. */
const filesOfLibraries = new WeakMap<FolderLibrary, ReadonlyMap<string, readonly ReadPlace[]>>();

/** The passages of each file, in the order of their lines. */
function passagesByFile(library: FolderLibrary): ReadonlyMap<string, readonly ReadPlace[]> {
  const known = filesOfLibraries.get(library);
  if (known) return known;
  const files = new Map<string, ReadPlace[]>();
  for (const [id] of library.store.entries()) {
    for (const { source, line, endLine } of library.places(id)) {
      const passages = files.get(source) ?? [];
      passages.push({ id, source, line, endLine });
      files.set(source, passages);
    }
  }
  for (const passages of files.values()) passages.sort((a, b) => a.line - b.line);
  filesOfLibraries.set(library, files);
  return files;
}

/** Names in one folder, as they are among several. */
function renamed(
  { prefix }: SearchedFolder,
  { id, source }: { readonly id: string; readonly source: string },
): { readonly id: string; readonly source: string } {
  return { id: `${prefix}${id}`, source: `${prefix}${source}` };
}
