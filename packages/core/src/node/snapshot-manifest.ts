import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';

/** The file that makes a folder a snapshot. */
export const manifestName = 'bitryoshka.json';

/** The newest version of the layout, and the only one so far. */
const formatVersion = 1;

/** What the manifest says about one data file. */
export interface ManifestFile {
  /** Its name on disk, beside the manifest. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly kind: string;
  readonly settings: unknown;
  readonly files: Readonly<Record<string, ManifestFile>>;
}

/** Sixteen hexadecimal digits of chance set the files of one save apart from those of any other. */
const dataFilePattern = /^bitryoshka-[0-9a-f]{16}-[a-z0-9][a-z0-9.-]*$/;
const namePattern = /^[a-z0-9][a-z0-9.-]*$/;

/** Whether a snapshot may have a file of this name: lower-case letters, digits, dots and hyphens. */
export function isFileName(name: string): boolean {
  return namePattern.test(name) && name !== manifestName;
}

/** Where the data file `name` of one generation lies. */
export function dataFileName(generation: string, name: string): string {
  return `bitryoshka-${generation}-${name}`;
}

/** Whether a file in the folder was, or may have been, written by a save. */
export function isDataFileName(path: string): boolean {
  return dataFilePattern.test(path);
}

export function encodeManifest({ kind, settings, files }: Manifest): Uint8Array {
  const manifest = { format: 'bitryoshka', version: formatVersion, kind, settings, files };
  return new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * @throws BitryoshkaError `file-not-found`, `invalid-file` or `unsupported-version`
 */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, manifestName);
  const manifest = parse(await readManifestText(path), path);
  const { format, version, kind, settings, files } = manifest;
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
  if (version !== formatVersion) throw invalid(path, `got version ${version}`);
  if (typeof kind !== 'string') throw invalid(path, `got kind ${show(kind)}`);
  if (!isRecord(files)) throw invalid(path, `got files ${show(files)}`);
  for (const [name, file] of Object.entries(files)) {
    if (!isFileName(name) || !isManifestFile(file))
      throw invalid(path, `got ${show(file)} for the file "${name}"`);
  }
  return { kind, settings, files: files as Readonly<Record<string, ManifestFile>> };
}

async function readManifestText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new BitryoshkaError({
      code: 'file-not-found',
      message: `${path}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Check that the folder is one that was saved by bitryoshka.',
      cause,
    });
  }
}

function parse(text: string, path: string): Record<string, unknown> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
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
    isDataFileName(path) &&
    Number.isSafeInteger(bytes) &&
    (bytes as number) >= 0 &&
    typeof sha256 === 'string'
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function invalid(path: string, what: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${path}: ${what}, expected the manifest of a snapshot.`,
    remedy: 'Check that the folder is one that was saved by bitryoshka.',
    cause,
  });
}
