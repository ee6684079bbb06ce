import type { Dirent, Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { checkpoint } from '@bitryoshka/core/internal';
import picomatch from 'picomatch';
import { IgnoreRules, maximumRules } from './ignore-rules.ts';
import { isIndexFolder } from './index-folder.ts';
import type { TextKind } from './text-kind.ts';
import { isGeneratedName, textKind } from './text-kind.ts';

/** A file that may hold text. */
export interface FoundFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly kind: TextKind;
  readonly bytes: number;
  /** Changes when the file does. */
  readonly fingerprint: string;
}

/** A file, or a folder, that is left out, and why. */
export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

export interface CollectOptions extends Pick<TaskOptions, 'signal'> {
  /**
   * Glob patterns, relative to the folder: files that match none are left out. One without a slash is about names
   * anywhere, one that begins with a slash about the folder itself; a folder stands for all in it. Default: everything.
   */
  readonly include?: readonly string[] | undefined;
  /** The same for what is left out. */
  readonly exclude?: readonly string[] | undefined;
  /**
   * Heed `.gitignore` files, and leave out hidden files, `node_modules` and what programs wrote for programs. Default:
   * true.
   */
  readonly ignore?: boolean | undefined;
  /** Larger files are data rather than documents. Default: 4 MiB. */
  readonly maximumBytes?: number | undefined;
  /** Follow no links that lead out of the folder. Default: false. */
  readonly isConfined?: boolean | undefined;
  /** The folder of the index, which may lie in this one. */
  readonly indexFolder?: string;
}

export interface CollectedFiles {
  /** In the order of their paths. */
  readonly files: readonly FoundFile[];
  readonly skipped: readonly Skipped[];
}

const defaultMaximumBytes = 4 * 1024 * 1024;
const ignoreFile = '.gitignore';
/** Larger ones hold more rules than are read. */
const maximumIgnoreBytes = 1024 * 1024;
export const ignoredReason: string = `ignored by ${ignoreFile}`;

/** The rules of an ignore file, and the folder that they are about. */
interface Level {
  /** Absolute; that of the searched folder with its links followed, and what is below it as it is named there. */
  readonly folder: string;
  readonly rules: IgnoreRules;
  /** Relative to the searched folder. */
  readonly path: string;
}

interface Folder {
  /** Relative to the folder that is searched. */
  readonly path: string;
  /** Where it is, links followed. */
  readonly real: string;
  /** From the innermost to the outermost. */
  readonly levels: readonly Level[];
}

/**
 * Finds the files of a folder that may hold text. Symbolic links are followed; what was found already is not found
 * again through them.
 *
 * @throws BitryoshkaError `file-not-found` when the folder is none; the signal's reason
 */
export async function collectFiles(
  folder: string,
  options: CollectOptions = {},
): Promise<CollectedFiles> {
  await checkFolder(folder);
  return new Collection(folder, options).collect();
}

/** Changes when a file does. */
export function fingerprintOf({ size, mtimeMs }: Pick<Stats, 'size' | 'mtimeMs'>): string {
  return `${size}-${Math.round(mtimeMs)}`;
}

class Collection {
  readonly #folder: string;
  readonly #options: CollectOptions;
  readonly #ignore: boolean;
  readonly #isIncluded: (path: string) => boolean;
  readonly #isExcluded: (path: string) => boolean;
  readonly #files: FoundFile[] = [];
  readonly #skipped: Skipped[] = [];
  readonly #seen = new Set<string>();
  readonly #folders: Folder[] = [];
  readonly #links: Folder[] = [];
  readonly #levels: Level[] = [];
  /** The folder with its links followed. */
  #root = '';

  constructor(folder: string, options: CollectOptions) {
    this.#folder = resolve(folder);
    this.#options = options;
    this.#ignore = options.ignore ?? true;
    this.#isIncluded = options.include?.length ? matcher(options.include) : () => true;
    this.#isExcluded = options.exclude?.length ? matcher(options.exclude) : () => false;
  }

  async collect(): Promise<CollectedFiles> {
    this.#root = await realpath(this.#folder);
    const levels = this.#ignore ? await this.#outerLevels() : [];
    this.#folders.push({ path: '', real: this.#root, levels });
    // Links come last: a file has its own name where it has one.
    for (;;) {
      const next = this.#folders.pop();
      if (next) await this.#enter(next);
      else {
        const link = this.#links.shift();
        if (!link) break;
        await this.#follow(link);
      }
    }
    for (const { rules, path } of this.#levels) {
      if (rules.isGivenUp) this.#skip(path, 'rules that take too long');
    }
    this.#files.sort(byPath);
    this.#skipped.sort(byPath);
    return { files: this.#files, skipped: this.#skipped };
  }

  async #enter({ path, real, levels: outer }: Folder): Promise<void> {
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    const { indexFolder } = this.#options;
    if (indexFolder !== undefined && join(this.#folder, path) === resolve(indexFolder)) return;
    let entries: Dirent[];
    try {
      entries = await readdir(real, { withFileTypes: true });
    } catch {
      this.#skip(path, 'unreadable');
      return;
    }
    // An index of passages is no text.
    const names = entries.map(({ name }) => name);
    if (await isIndexFolder(real, names)) return;
    const levels = this.#ignore ? await this.#withOwnLevel(path, entries, outer) : outer;
    for (const [i, entry] of entries.entries()) {
      const options = { signal: this.#options.signal };
      await checkpoint(options, { stage: 'collect', done: i, total: entries.length });
      const child = {
        path: path === '' ? entry.name : `${path}/${entry.name}`,
        real: join(real, entry.name),
        levels,
      };
      const isFolder = entry.isDirectory();
      if (!this.#isWanted(entry.name, child, isFolder)) continue;
      if (isFolder) this.#folders.push(child);
      else if (entry.isSymbolicLink()) this.#links.push(child);
      else if (entry.isFile()) await this.#addFile(child);
    }
  }

  async #follow({ path, real: link, levels }: Folder): Promise<void> {
    const real = await realpath(link).catch(() => undefined);
    const stats = real === undefined ? undefined : await stat(real).catch(() => undefined);
    if (real === undefined || !stats) this.#skip(path, 'broken link');
    else if (this.#options.isConfined && !real.startsWith(`${this.#root}${sep}`)) {
      this.#skip(path, 'link out of the folder');
    } else if (stats.isDirectory()) {
      if (`${this.#root}${sep}`.startsWith(real.endsWith(sep) ? real : `${real}${sep}`)) {
        this.#skip(path, 'link to a folder that it is in');
      } else if (this.#isWanted(undefined, { path, levels }, true)) {
        this.#folders.push({ path, real, levels });
      }
    } else if (stats.isFile()) await this.#addFile({ path, real, levels });
  }

  /** @param name to be looked at, too; those of links have been */
  #isWanted(
    name: string | undefined,
    { path, levels }: Pick<Folder, 'path' | 'levels'>,
    isFolder: boolean,
  ): boolean {
    if (name === '.git' || (this.#ignore && name === ignoreFile)) return false;
    if (this.#ignore && name !== undefined) {
      if (name === 'node_modules') return this.#skip(path, 'node_modules');
      if (name.startsWith('.')) return this.#skip(path, 'hidden');
    }
    if (this.#isExcluded(path)) return this.#skip(path, 'excluded');
    const located = join(this.#root, path);
    for (const { folder, rules } of levels) {
      const isIgnored = rules.test(relative(folder, located).replaceAll(sep, '/'), isFolder);
      if (isIgnored) return this.#skip(path, ignoredReason);
      if (isIgnored !== undefined) break;
    }
    return true;
  }

  async #addFile({ path, real }: Folder): Promise<void> {
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    if (!this.#isIncluded(path)) return;
    const { maximumBytes = defaultMaximumBytes } = this.#options;
    const kind = textKind(path);
    if (this.#ignore && isGeneratedName(path)) this.#skip(path, 'generated');
    else if (kind === undefined) this.#skip(path, 'not text');
    else {
      const stats = await stat(real).catch(() => undefined);
      if (!stats) this.#skip(path, 'unreadable');
      else if (stats.size > maximumBytes) {
        this.#skip(path, `larger than ${formatMebibytes(maximumBytes)} MiB`);
      } else if (stats.size === 0) this.#skip(path, 'empty');
      else {
        this.#files.push({ path, kind, bytes: stats.size, fingerprint: fingerprintOf(stats) });
      }
    }
  }

  async #withOwnLevel(
    path: string,
    entries: readonly Dirent[],
    outer: readonly Level[],
  ): Promise<readonly Level[]> {
    if (!entries.some(({ name }) => name === ignoreFile)) return outer;
    const folder = join(this.#root, path);
    const level = await this.#readLevel(folder, join(folder, ignoreFile));
    return level ? [level, ...outer] : outer;
  }

  /** Of the folders around it, up to that of the repository. */
  async #outerLevels(): Promise<Level[]> {
    const levels: Level[] = [];
    for (let folder = this.#root; ; folder = dirname(folder)) {
      const isRoot = (await stat(join(folder, '.git')).catch(() => undefined)) !== undefined;
      const names = folder === this.#root ? [] : [ignoreFile];
      if (isRoot) names.push('.git/info/exclude');
      for (const name of names) {
        const file = join(folder, name);
        const isThere = await stat(file).catch(() => undefined);
        const level = isThere && (await this.#readLevel(folder, file));
        if (level) levels.push(level);
      }
      if (isRoot) return levels;
      if (folder === dirname(folder)) return [];
    }
  }

  /** Undefined, and counted, for a file that cannot be heeded. */
  async #readLevel(folder: string, file: string): Promise<Level | undefined> {
    const path = relative(this.#root, file).replaceAll(sep, '/');
    try {
      const stats = await stat(file);
      if (stats.isFile()) {
        const text = stats.size > maximumIgnoreBytes ? undefined : await readFile(file, 'utf8');
        const rules = text === undefined ? undefined : new IgnoreRules(text);
        if (rules && rules.count <= maximumRules) {
          const level = { folder, rules, path };
          this.#levels.push(level);
          return level;
        }
        this.#skip(path, `more than ${maximumRules.toLocaleString('en')} rules`);
        return undefined;
      }
    } catch {}
    this.#skip(path, 'unreadable');
    return undefined;
  }

  #skip(path: string, reason: string): false {
    this.#skipped.push({ path: path === '' ? '.' : path, reason });
    return false;
  }
}

function matcher(patterns: readonly string[]): (path: string) => boolean {
  const globs = patterns.flatMap((pattern) => {
    const plain = pattern.replaceAll(sep, '/').replace(/^\.\//, '/').replace(/\/$/, '');
    const glob = plain.startsWith('/')
      ? plain.slice(1)
      : plain.includes('/')
        ? plain
        : `**/${plain}`;
    return [glob, `${glob}/**`];
  });
  return picomatch(globs, { dot: true });
}

function formatMebibytes(bytes: number): string {
  return String(Number((bytes / 1024 / 1024).toPrecision(3)));
}

/** The order of files. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

async function checkFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats?.isDirectory()) return;
  throw new BitryoshkaError({
    code: 'file-not-found',
    message: `${folder}: got ${stats ? 'a file' : 'nothing'}, expected a folder.`,
    remedy: 'Check the path.',
  });
}
