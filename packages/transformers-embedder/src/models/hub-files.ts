import { environmentVariable, hashFileOf, pathOf, readFileOf, writeFileOf } from '#platform';
import type { LibraryEnvironment } from '../transformers/library.ts';
import type { ModelFiles } from './model-files.ts';
import { fetchFile } from './model-files.ts';

/** Where a cache keeps what was read of the small files of a model, those that are not there included. */
const keptFile = 'bitryoshka-settings.json';
/** In bytes. */
const longestKept = 1_000_000;

export interface HubFilesOptions {
  readonly id: string;
  readonly env: LibraryEnvironment;
  readonly cacheDirectory: string | undefined;
  readonly revision: string;
  /** Called once when nothing could say whether the model has a file. */
  readonly onUnreachable: (reason: string) => void;
}

type KeptFiles = Record<string, string | null>;

/**
 * The small files of a model on the hub, which libraries leave out. They are looked for where the library
 * looks: in its folder of local models, in its cache, and on its host. What the host said is kept beside the
 * cache, for when it cannot be reached.
 */
export function hubFiles(options: HubFilesOptions): ModelFiles {
  const { id, env, revision, onUnreachable } = options;
  const { local, cache } = foldersOf(options);
  const folders = [local, cache].filter((folder) => folder !== undefined);
  let kept: Promise<KeptFiles> | undefined;
  let saved: Promise<void> = Promise.resolve();
  let isUnreachable = false;

  async function read(file: string): Promise<Uint8Array | undefined> {
    for (const folder of folders) {
      const bytes = await readFileOf(folder, file);
      if (bytes) return bytes;
    }
    kept ??= readKept(cache);
    const known = await kept;
    const text = Object.hasOwn(known, file) ? known[file] : undefined;
    if (text !== undefined) return text === null ? undefined : new TextEncoder().encode(text);
    if (isUnreachable) return undefined;
    try {
      if (!env.allowRemoteModels) throw new Error('env.allowRemoteModels is false');
      const bytes = await fetchFile(fileUrl(file), authorization());
      if (!bytes || isKept(file, bytes)) {
        known[file] = bytes ? new TextDecoder().decode(bytes) : null;
        keep(known);
      }
      return bytes;
    } catch (cause) {
      isUnreachable = true;
      onUnreachable(String(Object(cause).message ?? cause));
      return undefined;
    }
  }

  function fileUrl(file: string): URL {
    const path = env.remotePathTemplate
      .replaceAll('{model}', id)
      .replaceAll('{revision}', encodeURIComponent(revision));
    return new URL(`${path.replace(/\/?$/, '/')}${file}`, env.remoteHost);
  }

  /** A cache that cannot be written is no reason to fail. */
  function keep(files: KeptFiles): void {
    if (!cache) return;
    saved = saved
      .then(() => writeFileOf(cache, keptFile, JSON.stringify(files)))
      .catch(() => undefined);
  }

  async function hash(file: string): Promise<string | undefined> {
    for (const folder of folders) {
      const found = await hashFileOf(folder, file);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  return { name: id, read, hash };
}

/** Where a library keeps files of a model; it looks in the local one first. */
function foldersOf({ id, env, cacheDirectory, revision }: HubFilesOptions): {
  readonly local: string | undefined;
  readonly cache: string | undefined;
} {
  const local = env.allowLocalModels ? pathOf(env.localModelPath, id) : undefined;
  const root = cacheDirectory ?? env.cacheDir ?? undefined;
  const ofModel = root === undefined ? undefined : pathOf(root, id);
  const cache = ofModel && (revision === 'main' ? ofModel : pathOf(ofModel, revision));
  return { local, cache };
}

/** A damaged file is as good as none. */
async function readKept(cache: string | undefined): Promise<KeptFiles> {
  const bytes = cache && (await readFileOf(cache, keptFile));
  const content = bytes && parse(bytes);
  const files = Object.entries(Object(content) as Record<string, unknown>);
  return Object.fromEntries(
    files.filter(([, text]) => text === null || typeof text === 'string'),
  ) as KeptFiles;
}

/** Only what is what its name says: a host may answer with something else. */
function isKept(file: string, bytes: Uint8Array): boolean {
  return file.endsWith('.json') && bytes.length <= longestKept && parse(bytes) !== undefined;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The token that the libraries use, too. */
function authorization(): Record<string, string> {
  const token = environmentVariable('HF_TOKEN') ?? environmentVariable('HF_ACCESS_TOKEN');
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}
