import { BitryoshkaError } from '@bitryoshka/core';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { folderOf, hashFileOf, isFolder, readFileOf } from '#platform';

/** The files of a model by their names in its folder, wherever they are. */
export interface ModelFiles {
  /** What messages call the model. */
  readonly name: string;
  /** Undefined for a file that the model has not. */
  read(file: string): Promise<Uint8Array | undefined>;
  /** SHA-256 in hexadecimal. */
  hash(file: string): Promise<string | undefined>;
}

/** Files that are in memory, by name. */
export type GivenFiles = Readonly<Record<string, Uint8Array | ArrayBuffer | string>>;

/** Where a model is read from. */
export type ModelLocation =
  | { readonly kind: 'given'; readonly files: ModelFiles }
  | { readonly kind: 'folder'; readonly folder: string; readonly files: ModelFiles }
  | { readonly kind: 'url'; readonly url: URL; readonly files: ModelFiles }
  | { readonly kind: 'hub'; readonly id: string };

/**
 * Tells a folder, a URL and a hub id apart: what exists on disk or is written like a path is a folder.
 *
 * @throws BitryoshkaError `model-not-found` for a folder that is missing
 */
export function locateModel(model: string | URL | GivenFiles): ModelLocation {
  if (isUrl(model)) return locateText(model.href);
  if (typeof model !== 'string') return { kind: 'given', files: givenFiles(model) };
  return locateText(model);
}

function locateText(model: string): ModelLocation {
  const folder = folderOf(model);
  if (folder === undefined) return locateElsewhere(model);
  if (!isFolder(folder)) {
    throw new BitryoshkaError({
      code: 'model-not-found',
      message: `model: ${folder} is no folder, expected one with the files of a model.`,
      remedy: 'Check the path, or leave `model` out to use the bundled model.',
    });
  }
  const name = folder.split(/[\\/]/).at(-1) ?? folder;
  const files: ModelFiles = {
    name,
    read: (file) => readFileOf(folder, file),
    hash: (file) => hashFileOf(folder, file),
  };
  return { kind: 'folder', folder, files };
}

function locateElsewhere(model: string): ModelLocation {
  const page = (globalThis as { readonly document?: { readonly baseURI?: string } }).document;
  // Only a page has something that a relative path could be relative to.
  const isRelative = /^\.{0,2}\//.test(model) && page?.baseURI !== undefined;
  if (!isRelative && !/^https?:\/\//i.test(model)) return { kind: 'hub', id: checkHubId(model) };
  const url = new URL(model.endsWith('/') ? model : `${model}/`, page?.baseURI);
  return { kind: 'url', url, files: urlFiles(url) };
}

/** As the hub gives them: an owner and a name, or a name. Anything else could lead out of a cache. */
const hubId = /^(?!.*\.\.)[\w.-]+(?:\/[\w.-]+)?$/;

function checkHubId(model: string): string {
  if (hubId.test(model)) return model;
  throw new BitryoshkaError({
    code: 'model-not-found',
    message: `model: got ${JSON.stringify(model.slice(0, 100))}, which is no folder, no URL and no hub id such as owner/name.`,
    remedy: 'Check the path or id, or leave `model` out to use the bundled model.',
  });
}

export function givenFiles(given: GivenFiles, name = 'the given files'): ModelFiles {
  const read = async (file: string) => {
    const content = Object.hasOwn(given, file) ? given[file] : undefined;
    if (content === undefined) return undefined;
    if (ArrayBuffer.isView(content)) {
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    }
    if (typeof content === 'string') return new TextEncoder().encode(content);
    if (isArrayBuffer(content)) return new Uint8Array(content);
    throw new BitryoshkaError({
      code: 'invalid-option',
      message: `model: got ${file} of type ${typeof content}, expected text or bytes.`,
      remedy: 'Give a string, a Uint8Array or an ArrayBuffer for each file.',
    });
  };
  return { name, read, hash: hashOf(read) };
}

function urlFiles(url: URL): ModelFiles {
  const read = async (file: string) => {
    const response = await fetch(new URL(file, url));
    // Servers of single-page programs answer with their page where there is no file.
    if (response.status === 404 || response.status === 410 || isPage(response)) return undefined;
    if (!response.ok) throw new Error(`${file}: ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  return { name: url.href, read, hash: hashOf(read) };
}

/**
 * Undefined where there is no such file.
 *
 * @throws Error when the server answers otherwise than with a file
 */
export async function fetchFile(
  url: URL,
  headers: Record<string, string> = {},
): Promise<Uint8Array | undefined> {
  const response = await fetch(url, { headers });
  if (response.status === 404 || response.status === 410) return undefined;
  if (!response.ok) throw new Error(`${url.href}: ${response.status} ${response.statusText}`);
  if (isPage(response)) throw new Error(`${url.href}: got a page of HTML`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Of a network that wants a log-in, say. */
function isPage(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/html') ?? false;
}

function hashOf(read: ModelFiles['read']): ModelFiles['hash'] {
  return async (file) => {
    const bytes = await read(file);
    return bytes && bytesToHex(sha256(bytes));
  };
}

function isArrayBuffer(content: unknown): content is ArrayBuffer {
  return Object.prototype.toString.call(content) === '[object ArrayBuffer]';
}

/** Also of another realm. */
export function isUrl(model: unknown): model is URL {
  return Object.prototype.toString.call(model) === '[object URL]';
}

/**
 * A JSON file of a model; undefined where the model has none.
 *
 * @throws BitryoshkaError `model-failed` for a file that is no JSON
 */
export async function readJson(files: ModelFiles, file: string): Promise<unknown> {
  const bytes = await files.read(file);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'model-failed',
      message: `model: ${file} of "${files.name}" is not JSON (${(cause as Error).message}).`,
      remedy: 'The file is damaged: copy the model again.',
      cause,
    });
  }
}

/** A JSON object of a model, whose fields are still to be checked; undefined where there is none. */
export async function readRecord(
  files: ModelFiles,
  file: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const value = await readJson(files, file);
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new BitryoshkaError({
    code: 'model-failed',
    message: `model: ${file} of "${files.name}" holds ${Array.isArray(value) ? 'a list' : JSON.stringify(value)}, expected an object.`,
    remedy: 'The file is damaged: copy the model again.',
  });
}
