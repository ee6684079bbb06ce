import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BitryoshkaError } from '@bitryoshka/core';
import { decodeSafetensorsHeader } from '@bitryoshka/core/internal';
import { readSnapshot } from '@bitryoshka/core/node';
import { isIndexFolder, storeFolder } from '../folders/index-folder.ts';
import { isSqliteFile } from './is-sqlite-file.ts';
import { openSqlite } from './open-sqlite.ts';
import { unreadable } from './store-kind.ts';

/** What a file or a folder of bitryoshka is. */
export interface Inspected {
  readonly path: string;
  readonly kind: 'quantizer' | 'index' | 'words' | 'store' | 'store in a file';
  /** Of its format. */
  readonly version: number;
  readonly bytes: number;
  /** What it says of itself, by name, in the words of docs/file-format.md. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** Arrays, files or tables: what takes the room. */
  readonly parts: readonly InspectedPart[];
}

interface InspectedPart {
  readonly name: string;
  readonly what: string;
  readonly bytes?: number;
}

/**
 * What a path holds, from headers alone: nothing is checked, which `verify` does.
 *
 * @throws BitryoshkaError `file-not-found`, or `invalid-file` for what is not bitryoshka's
 */
export async function inspectPath(path: string): Promise<Inspected> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw unreadable(path, found.code);
  if (found.isDirectory()) return inspectFolder(path);
  if (await isSqliteFile(path)) return inspectDatabase(path, found.size);
  return inspectArrays(path, found.size);
}

/** @throws BitryoshkaError as `readSnapshot` does */
async function inspectFolder(path: string): Promise<Inspected> {
  const names = await readdir(path);
  // The folder that a search names as its index holds a store.
  if (await isIndexFolder(path, names)) {
    return inspectFolder(join(path, storeFolder));
  }
  if (!names.includes('bitryoshka.json')) {
    throw new BitryoshkaError({
      code: 'file-not-found',
      message: `${path}: got a folder without a store, expected one that was saved by bitryoshka.`,
      remedy: 'Name a saved store, its file, a quantizer or the index of a search.',
    });
  }
  return readSnapshot(path, 'vector-store', async ({ settings, files, savedAt }) => {
    const { dimensions, documents, model, options } = settings as StoreSettings;
    const listed = Object.entries(files);
    const index = files['index.safetensors'];
    const inspected = index && (await inspectArrays(index.path, index.bytes));
    const { version: _version, ...ofIndex } = inspected?.facts ?? {};
    return {
      path,
      kind: 'store' as const,
      version: savedAt === undefined ? 1 : 2,
      bytes: listed.reduce((sum, [, file]) => sum + file.bytes, 0),
      facts: defined({
        documents,
        dimensions,
        model,
        saved: savedAt === undefined ? undefined : new Date(savedAt).toISOString(),
        options: JSON.stringify(options),
        ...ofIndex,
      }),
      parts: listed.map(([name, { bytes }]) => ({ name, what: 'file', bytes })),
    };
  });
}

interface StoreSettings {
  readonly dimensions?: number | null;
  readonly documents?: number;
  readonly model?: string;
  readonly options?: object;
}

async function inspectArrays(path: string, bytes: number): Promise<Inspected> {
  const file = await open(path);
  try {
    const read = async (length: number, position: number): Promise<Uint8Array> => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, position);
      return buffer.subarray(0, bytesRead);
    };
    const { metadata, slots, headerBytes } = await headerOf(path, read, bytes);
    const quantizer = slots.quantizer;
    const inner =
      metadata.kind === 'index' && quantizer
        ? await read(quantizer.end - quantizer.start, headerBytes + quantizer.start)
        : undefined;
    return {
      path,
      kind: metadata.kind === 'lexical-index' ? 'words' : (metadata.kind as 'quantizer' | 'index'),
      version: Number(metadata.version),
      bytes,
      facts: {
        ...(metadata.kind === 'index' && { rows: slots.rows?.shape[0] ?? 0 }),
        ...flat(parseFields(path, metadata.fields)),
        ...(inner && quantizerFacts(path, inner)),
      },
      parts: Object.entries(slots).map(([name, { dtype, shape, start, end }]) => ({
        name,
        what: `${dtype} ${shape.join(' x ')}`,
        bytes: end - start,
      })),
    };
  } finally {
    await file.close();
  }
}

type Header = ReturnType<typeof decodeSafetensorsHeader>;

async function headerOf(
  path: string,
  read: (length: number, position: number) => Promise<Uint8Array>,
  bytes: number,
): Promise<Header> {
  const start = await read(8, 0);
  const length = start.length < 8 ? 0 : Number(Buffer.from(start).readBigUInt64LE());
  // A text is a header of some exabytes.
  if (length <= 0 || length > bytes) throw notOurs(path);
  const header = decodeSafetensorsHeader(await read(8 + length, 0), bytes);
  if (header.metadata.format !== 'bitryoshka') throw notOurs(path);
  return header;
}

/** Of the quantizer's file in an index. */
function quantizerFacts(path: string, file: Uint8Array): Record<string, string | number> {
  const { fields } = decodeSafetensorsHeader(file).metadata;
  const { kind, bits } = parseFields(path, fields);
  return defined({ quantizer: String(kind), bits: Number(bits) });
}

async function inspectDatabase(path: string, bytes: number): Promise<Inspected> {
  const database = await openSqlite(path, { vectors: false });
  try {
    const all = <Row>(sql: string): Row[] => [...database.prepare(sql).iterate()] as Row[];
    const [application] = all<{ application_id: number }>('PRAGMA application_id');
    if (application?.application_id !== 0x62697472) throw notOurs(path);
    const [version] = all<{ user_version: number }>('PRAGMA user_version');
    const [row] = all<{ value: string }>('SELECT value FROM settings');
    const settings = parseFields(path, row?.value);
    const { index, count } = settings as { index?: Record<string, unknown>; count?: number };
    const tables = all<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'words_%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    return {
      path,
      kind: 'store in a file',
      version: version?.user_version ?? 0,
      bytes,
      facts: {
        documents: count ?? 0,
        ...flat({ ...index, options: settings.options, model: settings.model }),
      },
      parts: tables.map(({ name }) => {
        const [counted] = all<{ rows: number }>(`SELECT count(*) AS rows FROM "${name}"`);
        return { name, what: `${counted?.rows ?? 0} rows` };
      }),
    };
  } finally {
    database.close();
  }
}

function parseFields(path: string, text = '{}'): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields === 'object' && fields !== null) return fields as Record<string, unknown>;
  } catch {
    // The same is to be said of what is no JSON.
  }
  throw notOurs(path);
}

/** Values that are objects, as JSON. */
function flat(fields: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const values = Object.entries(fields).map(([name, value]) => {
    const isPlain = typeof value === 'string' || typeof value === 'number';
    return [name, isPlain ? value : value === undefined ? undefined : JSON.stringify(value)];
  });
  return defined(Object.fromEntries(values) as Record<string, string | number | undefined>);
}

function defined(
  facts: Readonly<Record<string, string | number | null | undefined>>,
): Record<string, string | number> {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(known) as Record<string, string | number>;
}

function notOurs(path: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${path}: got a file of another format, expected one of bitryoshka.`,
    remedy:
      'Name a quantizer or an index (.safetensors), a folder of BinaryVectorStore.save, or a file of BinaryVectorStore.open.',
  });
}
