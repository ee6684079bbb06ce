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
  /** Called once when neither the hub nor a cache could say which small files the model has. */
  readonly onUnreachable: (cause: unknown) => void;
}

/**
 * The small files of a model on the hub, which libraries leave out, through the library's own host, next to
 * its cache. Where the hub cannot be reached, what was kept is used.
 */
export function hubFiles(options: HubFilesOptions): ModelFiles {
  const { id, env, revision, onUnreachable } = options;
  const root = options.cacheDirectory ?? env.cacheDir ?? undefined;
  const folder = root === undefined ? undefined : pathOf(root, id);
  let kept: Promise<Record<string, string | null>> | undefined;
  let saved: Promise<void> = Promise.resolve();
  let isUnreachable = false;

  async function readKept(): Promise<Record<string, string | null>> {
    const bytes = folder && (await readFileOf(folder, keptFile));
    const content: unknown = bytes && parse(bytes);
    const { revision: of, files } = Object(content) as Record<string, unknown>;
    return of === revision ? { ...(Object(files) as Record<string, string | null>) } : {};
  }

  async function read(file: string): Promise<Uint8Array | undefined> {
    kept ??= readKept();
    const known = await kept;
    const text = Object.hasOwn(known, file) ? known[file] : undefined;
    if (text !== undefined) return text === null ? undefined : new TextEncoder().encode(text);
    const ofLibrary = folder && (await readFileOf(folder, file));
    if (ofLibrary) return ofLibrary;
    if (!env.allowRemoteModels || isUnreachable) return undefined;
    try {
      const bytes = await fetchFile(fileUrl(file), authorization());
      if (!bytes || (file.endsWith('.json') && bytes.length <= longestKept)) {
        known[file] = bytes ? new TextDecoder().decode(bytes) : null;
        keep(known);
      }
      return bytes;
    } catch (cause) {
      if (!isUnreachable) onUnreachable(cause);
      isUnreachable = true;
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
  function keep(files: Record<string, string | null>): void {
    if (!folder) return;
    saved = saved
      .then(() => writeFileOf(folder, keptFile, JSON.stringify({ revision, files })))
      .catch(() => undefined);
  }

  return {
    name: id,
    read,
    hash: async (file) => folder && (await hashFileOf(folder, file)),
  };
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
