import { BitryoshkaError } from '@bitryoshka/core';
import { Document } from '@langchain/core/documents';
import type { DocumentEntry } from '../documents/document-batch.ts';
import { isPlainObject } from '../documents/plain-value.ts';
import type { TypedJson } from './typed-json.ts';
import { fromTypedJson, toTypedJson } from './typed-json.ts';

/** Characters that are collected before they are written. */
const pieceLength = 64 * 1024;

/**
 * Documents as JSON, one per line: `id`, `given` when the document carries it, `pageContent`,
 * `metadata`, `types` when its metadata hold what JSON lacks, and `vector` when more of it counts than its direction.
 *
 * @throws BitryoshkaError `not-supported` for metadata that cannot be saved
 */
export function* encodeDocumentLines(
  entries: Iterable<DocumentEntry>,
): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let lines = '';
  for (const entry of entries) {
    lines += `${encodeLine(entry)}\n`;
    if (lines.length < pieceLength) continue;
    yield encoder.encode(lines);
    lines = '';
  }
  yield encoder.encode(lines);
}

/**
 * Reads what {@link encodeDocumentLines} wrote.
 *
 * @throws BitryoshkaError `invalid-file`
 */
export async function* decodeDocumentLines(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<DocumentEntry> {
  let number = 0;
  let rest = '';
  for await (const text of decode(pieces)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield decodeLine(line, ++number);
  }
  if (rest !== '') yield decodeLine(rest, ++number);
}

async function* decode(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const attempt = (piece?: Uint8Array): string => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch (cause) {
      throw invalid('bytes that are not UTF-8', cause);
    }
  };
  for await (const piece of pieces) yield attempt(piece);
  yield attempt();
}

function encodeLine({ id, document, vector }: DocumentEntry): string {
  const { pageContent, metadata } = document;
  const { json, types } = toTypedJson(metadata, `document "${id}": metadata`);
  return JSON.stringify({
    id,
    ...(document.id !== undefined && { given: true }),
    pageContent,
    metadata: json,
    ...(Object.keys(types).length > 0 && { types }),
    ...(vector && { vector }),
  });
}

function decodeLine(line: string, number: number): DocumentEntry {
  try {
    const { id, given, pageContent, metadata, types = {}, vector } = JSON.parse(line);
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
    throw invalid(`line ${number}, which is no document (${reason})`, cause);
  }
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function invalid(what: string, cause: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `documents: got ${what}, expected what a store has saved.`,
    remedy: 'Save the store again.',
    cause,
  });
}
