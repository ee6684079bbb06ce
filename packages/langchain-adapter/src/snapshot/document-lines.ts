import { BitryoshkaError } from '@bitryoshka/core';
import type { Crc32 } from '@bitryoshka/core/internal';
import { parseJson } from '@bitryoshka/core/internal';
import { Document } from '@langchain/core/documents';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { isPlainObject } from '../documents/plain-value.ts';
import type { TypedJson } from './typed-json.ts';
import { fromTypedJson, mostDepth, toTypedJson } from './typed-json.ts';

/** Bytes that are collected before they are written. */
const pieceBytes = 64 * 1024;
/** Longer lines are no documents of ours: the end of one was lost. */
const mostLineBytes = 2 ** 28;
const lineEnd = 10;
const checksumPattern = /,"crc32":(\d{1,10})\}$/;

/**
 * Documents as JSON, one per line: `id`, `given` when the document carries it, `pageContent`,
 * `metadata`, `types` when its metadata hold what JSON lacks, `vector` when more of it counts than its direction, `line`,
 * counted from 0, and the CRC-32 of the bytes before it.
 *
 * @throws BitryoshkaError `not-supported` for metadata that cannot be saved
 */
export function* encodeDocumentLines(
  entries: Iterable<DocumentEntry>,
  crc32: Crc32,
): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let line = 0;
  for (const entry of entries) {
    const text = encoder.encode(encodeLine(entry, line++).slice(0, -1));
    const end = encoder.encode(`,"crc32":${crc32(text, 0)}}\n`);
    parts.push(text, end);
    bytes += text.length + end.length;
    if (bytes < pieceBytes) continue;
    yield joined(parts);
    parts = [];
    bytes = 0;
  }
  yield joined(parts);
}

/**
 * Reads what {@link encodeDocumentLines} wrote.
 *
 * @param name how errors name the file
 * @throws BitryoshkaError `invalid-file`
 */
export async function* decodeDocumentLines(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<DocumentEntry> {
  let number = 0;
  let rest = '';
  for await (const text of decode(pieces, name)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield decodeLine(line, ++number, name);
  }
  if (rest !== '') yield decodeLine(rest, ++number, name);
}

/** A line of a file that may be damaged. */
export interface SalvagedLine {
  /** Where it begins, and how long it is. */
  readonly offset: number;
  readonly bytes: number;
  /** Undefined when it is damaged. */
  readonly entry: DocumentEntry | undefined;
  /** Which line it was when it was saved; undefined in files of before lines told. */
  readonly line: number | undefined;
  /** Whether its checksum says that nothing in it has changed. */
  readonly isProven: boolean;
  /** Why there is no entry. */
  readonly problem: string | undefined;
}

/** Reads what is whole of a file of documents, line by line. */
export async function* salvageDocumentLines(
  pieces: AsyncIterable<Uint8Array>,
  crc32: Crc32,
): AsyncGenerator<SalvagedLine> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let offset = 0;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length; ) {
      const found = piece.indexOf(lineEnd, start);
      const end = found < 0 ? piece.length : found;
      bytes += end - start;
      if (bytes <= mostLineBytes) parts.push(piece.slice(start, end));
      else parts = [];
      if (found >= 0) {
        yield salvageLine({ parts, offset, length: bytes }, crc32);
        offset += bytes + 1;
        parts = [];
        bytes = 0;
      }
      start = end + 1;
    }
  }
  if (bytes > 0) yield salvageLine({ parts, offset, length: bytes }, crc32);
}

interface RawLine {
  readonly parts: readonly Uint8Array[];
  readonly offset: number;
  readonly length: number;
}

function salvageLine({ parts, offset, length }: RawLine, crc32: Crc32): SalvagedLine {
  const lost = (problem: string): SalvagedLine => {
    return { offset, bytes: length, entry: undefined, line: undefined, isProven: false, problem };
  };
  if (length > mostLineBytes) return lost('it is too long for a document');
  const bytes = joined(parts);
  const tail = new TextDecoder().decode(bytes.subarray(-32));
  const [whole = '', checksum] = checksumPattern.exec(tail) ?? [];
  const isProven = crc32(bytes.subarray(0, length - whole.length), 0) === Number(checksum);
  if (checksum !== undefined && !isProven) return lost('its bytes have another checksum');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const entry = decodeLine(text, 1, 'documents');
    const { line } = JSON.parse(text);
    return { offset, bytes: length, entry, line, isProven, problem: undefined };
  } catch {
    return lost('it is no document');
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

async function* decode(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const attempt = (piece?: Uint8Array): string => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch (cause) {
      throw invalid(name, 'bytes that are not UTF-8', cause);
    }
  };
  for await (const piece of pieces) yield attempt(piece);
  yield attempt();
}

function encodeLine({ id, document, vector }: DocumentEntry, line: number): string {
  const { pageContent, metadata } = document;
  const name = `document "${id}": metadata`;
  const { json, types } = toTypedJson(metadata, name);
  if (!isPlainObject(json)) {
    throw new BitryoshkaError({
      code: 'not-supported',
      message: `${name}: got no object, expected one.`,
      remedy: 'Replace it by an object.',
    });
  }
  return JSON.stringify({
    id,
    ...(document.id !== undefined && { given: true }),
    pageContent,
    metadata: json,
    ...(Object.keys(types).length > 0 && { types }),
    ...(vector && { vector }),
    line,
  });
}

function decodeLine(line: string, number: number, name: string): DocumentEntry {
  try {
    const {
      id,
      given,
      pageContent,
      metadata,
      types = {},
      vector,
    } = parseJson(line, mostDepth) as Record<string, unknown>;
    if (typeof id !== 'string' || typeof pageContent !== 'string') throw new Error('no id or text');
    if (!isPlainObject(metadata) || !isPlainObject(types)) throw new Error('no metadata or types');
    if (vector !== undefined && !isVector(vector)) throw new Error('no vector');
    const restored = fromTypedJson({ json: metadata, types: types as TypedJson['types'] });
    const document = new Document({
      pageContent,
      metadata: restored as Document['metadata'],
      ...(given === true && { id }),
    });
    return { id, document, ...(vector && { vector }) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(name, `line ${number}, which is no document (${reason})`, cause);
  }
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function invalid(name: string, what: string, cause: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${name}: got ${what}, expected what a store has saved.`,
    remedy: 'Save the store again.',
    cause,
  });
}
