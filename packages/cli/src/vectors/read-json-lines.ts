import { BitryoshkaError } from '@bitryoshka/core';
import { readPieces } from '@bitryoshka/core/node';
import type { VectorBlock, VectorRow } from './vector-block.ts';
import { idFields, toBlock, vectorFields } from './vector-block.ts';

const rowsPerBlock = 1024;

export interface JsonLine {
  /** From 1. */
  readonly at: number;
  readonly value: unknown;
}

/**
 * Vectors of a file with one in each line: a list of numbers, or an object that has one in a field, and perhaps an
 * `id` or `_id`. One block is held at a time.
 *
 * @param column the field. Default: `embedding` or `vector`
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `not-finite`, `dimension-mismatch`, with the line
 */
export async function* readVectorLines(file: string, column?: string): AsyncGenerator<VectorBlock> {
  let rows: VectorRow[] = [];
  for await (const { at, value } of readJsonLines(file)) {
    rows.push(toRow(`${file}:${at}`, value, column));
    if (rows.length < rowsPerBlock) continue;
    yield toBlock(rows);
    rows = [];
  }
  if (rows.length > 0) yield toBlock(rows);
}

/**
 * The lines of a file of any size; those that are empty are left out.
 *
 * @throws BitryoshkaError `file-not-found`, `invalid-file`, `not-finite` for what is JSON but for NaN and Infinity
 */
export async function* readJsonLines(file: string): AsyncGenerator<JsonLine> {
  let at = 0;
  for await (const line of readLines(file)) {
    at++;
    if (line.trim() !== '') yield { at, value: parse(`${file}:${at}`, line) };
  }
}

async function* readLines(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parts: string[] = [];
  for await (const piece of readPieces(file)) {
    const lines = decode(file, () => decoder.decode(piece, { stream: true })).split('\n');
    for (const line of lines.slice(0, -1)) {
      yield [...parts, line].join('');
      parts = [];
    }
    parts.push(lines.at(-1) ?? '');
  }
  parts.push(decode(file, () => decoder.decode()));
  yield parts.join('');
}

function decode(file: string, run: () => string): string {
  try {
    return run();
  } catch (cause) {
    throw invalid(file, 'got bytes that are not UTF-8', cause);
  }
}

function parse(name: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    // As Python writes them.
    const [value] = /\b(?:NaN|Infinity)\b/.exec(line) ?? [];
    if (value === undefined) throw invalid(name, 'got text that is not JSON', cause);
    throw new BitryoshkaError({
      code: 'not-finite',
      message: `${name}: got ${value}, expected finite numbers.`,
      remedy: 'Check what the embedding model returned.',
    });
  }
}

function toRow(name: string, value: unknown, column?: string): VectorRow {
  if (Array.isArray(value)) return { name, vector: value };
  const fields = Object(value) as Record<string, unknown>;
  const field = column ?? vectorFields.find((known) => known in fields);
  if (field === undefined || !(field in fields)) {
    const names = Object.keys(fields).join(', ') || 'none';
    throw invalid(name, `got the fields ${names}, and no ${column ?? vectorFields.join(' or ')}`);
  }
  const id = idFields.map((known) => fields[known]).find((known) => known !== undefined);
  return { name, vector: fields[field], id };
}

function invalid(name: string, got: string, cause?: unknown): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `${name}: ${got}, expected a list of numbers, or an object with one.`,
    remedy:
      'Write [0.1, 0.2] or { "id": "a", "embedding": [0.1, 0.2] } a line, or name the field with --column.',
    cause,
  });
}
