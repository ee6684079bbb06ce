import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { parseJson } from '../format/parse-json.ts';
import { readBytes } from './read-file.ts';

/** The file that makes a folder a snapshot. */
export const manifestName = 'bitryoshka.json';

/** The newest version of the layout. The first had no checksum of the manifest, and did not tell saves apart. */
const formatVersion = 2;

/** Above any manifest of ours, below what would be waited for. */
const mostManifestBytes = 16 * 1024 * 1024;

/** What tells one save of a folder from others. */
export interface SavedGeneration {
  /** Sixteen hexadecimal digits of chance, which the names of its files begin with. */
  readonly generation: string;
  /** In milliseconds since 1970, by the clock of whoever saved; undefined in the first version of the format. */
  readonly savedAt: number | undefined;
}

/** What the manifest says about one data file. */
export interface ManifestFile {
  /** Its name on disk, beside the manifest. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest extends SavedGeneration {
  readonly kind: string;
  readonly settings: unknown;
  readonly files: Readonly<Record<string, ManifestFile>>;
}

const dataFilePattern = /^bitryoshka-([0-9a-f]{16})-([a-z0-9][a-z0-9.-]*)$/;
const namePattern = /^[a-z0-9][a-z0-9.-]*$/;
const hashPattern = /^[0-9a-f]{64}$/;

/** Whether a snapshot may have a file of this name: lower-case letters, digits, dots and hyphens. */
export function isFileName(name: string): boolean {
  return namePattern.test(name) && name !== manifestName;
}

/** Where the data file `name` of one generation lies. */
export function dataFileName(generation: string, name: string): string {
  return `bitryoshka-${generation}-${name}`;
}

/** Which save a file in the folder was, or may have been, written by, and as what; undefined for files of others. */
export function parseDataFileName(
  path: string,
): { readonly generation: string; readonly name: string } | undefined {
  const [, generation, name] = dataFilePattern.exec(path) ?? [];
  return generation === undefined || name === undefined ? undefined : { generation, name };
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  const { kind, settings, files, generation, savedAt } = manifest;
  return sealManifest({
    format: 'bitryoshka',
    version: formatVersion,
    kind,
    generation,
    savedAt,
    settings,
    files,
  });
}

/** The text of a manifest, with its checksum: the SHA-256 of the text in which that is empty. */
export function sealManifest(manifest: Readonly<Record<string, unknown>>): Uint8Array {
  const withHash = (sha256: string) =>
    new TextEncoder().encode(`${JSON.stringify({ ...manifest, sha256 }, undefined, 2)}\n`);
  return withHash(hashOf(withHash('')));
}

/**
 * @param name of the file in the folder, for one that is not in its place yet
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `checksum-mismatch` or `unsupported-version`
 */
export async function readManifest(
  directory: string,
  name: string = manifestName,
): Promise<Manifest> {
  const path = join(directory, name);
  const bytes = await readManifestBytes(path);
  const manifest = parse(bytes, path);
  const { format, version, kind, settings, files, sha256 } = manifest;
  if (format !== 'bitryoshka' || typeof version !== 'number') {
    throw invalid(path, `got format ${show(format)} and version ${show(version)}`);
  }
  if (version > formatVersion) {
    throw new BitryoshkaError({
      code: 'unsupported-version',
      message: `${path}: got version ${version}, expected ${formatVersion} or less.`,
      remedy: 'Update bitryoshka.',
    });
  }
  if (version !== 1 && version !== formatVersion) throw invalid(path, `got version ${version}`);
  // Also where the version says that there is none: that may be what is damaged.
  if (version > 1 || sha256 !== undefined) checkSeal(bytes, sha256, path);
  if (typeof kind !== 'string') throw invalid(path, `got kind ${show(kind)}`);
  if (!isRecord(files)) throw invalid(path, `got files ${show(files)}`);
  for (const [key, file] of Object.entries(files)) {
    if (!isFileName(key) || !isManifestFile(file)) {
      throw invalid(path, `got ${show(file)} for the file ${show(key)}`);
    }
  }
  return {
    ...(version === 1 ? oldGeneration(Object.values(files)) : newGeneration(manifest, path)),
    kind,
    settings,
    files: files as Readonly<Record<string, ManifestFile>>,
  };
}

async function readManifestBytes(path: string): Promise<Uint8Array> {
  try {
    return await readBytes(path, mostManifestBytes);
  } catch (cause) {
    if (!BitryoshkaError.isInstance(cause) || cause.code !== 'file-not-found') throw cause;
    throw new BitryoshkaError({
      code: 'file-not-found',
      message: `${path}: ${(cause.cause as Error).message}.`,
      remedy: 'Check that the folder is one that was saved by bitryoshka.',
      cause: cause.cause,
    });
  }
}

function checkSeal(bytes: Uint8Array, sha256: unknown, path: string): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = typeof sha256 === 'string' ? text.lastIndexOf(`"sha256": "${sha256}"`) : -1;
  if (typeof sha256 === 'string' && start >= 0) {
    const value = start + '"sha256": "'.length;
    const rest = text.subarray(value + Buffer.byteLength(sha256));
    if (hashOf(Buffer.concat([text.subarray(0, value), rest])) === sha256) return;
  }
  throw new BitryoshkaError({
    code: 'checksum-mismatch',
    message: `${path}: got another text than the one whose SHA-256 it gives, ${show(sha256)}.`,
    remedy: 'The file was damaged: copy the folder again, or see what can be recovered of it.',
  });
}

function newGeneration(
  { generation, savedAt }: Record<string, unknown>,
  path: string,
): SavedGeneration {
  if (typeof generation !== 'string' || !/^[0-9a-f]{16}$/.test(generation)) {
    throw invalid(path, `got generation ${show(generation)}`);
  }
  if (!Number.isFinite(savedAt)) throw invalid(path, `got savedAt ${show(savedAt)}`);
  return { generation, savedAt: savedAt as number };
}

function oldGeneration(files: readonly unknown[]): SavedGeneration {
  const [first] = files as readonly (ManifestFile | undefined)[];
  const { generation = '' } = (first && parseDataFileName(first.path)) ?? {};
  return { generation, savedAt: undefined };
}

function parse(bytes: Uint8Array, path: string): Record<string, unknown> {
  let manifest: unknown;
  try {
    manifest = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(path, 'got text that is no JSON', cause);
  }
  if (!isRecord(manifest)) throw invalid(path, `got ${show(manifest)}`);
  return manifest;
}

function isManifestFile(file: unknown): file is ManifestFile {
  if (!isRecord(file)) return false;
  const { path, bytes, sha256 } = file;
  return (
    typeof path === 'string' &&
    // Also keeps a manifest from naming files outside its folder.
    parseDataFileName(path) !== undefined &&
    Number.isSafeInteger(bytes) &&
    (bytes as number) >= 0 &&
    typeof sha256 === 'string' &&
    hashPattern.test(sha256)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 200);
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function invalid(path: string, what: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${path}: ${what}, expected the manifest of a snapshot.`,
    remedy: 'Check that the folder is one that was saved by bitryoshka.',
    cause,
  });
}
