import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import {
  checkpoint,
  decodeSafetensorsHeader,
  encodeSafetensorsHeader,
} from '@bitryoshka/core/internal';
import { MemoryLexicalIndex } from './memory-lexical-index.ts';
import type { Tokenize } from './tokenize.ts';

const kind = 'lexical-index';
const version = '1';
/** Lists between two looks at the clock. */
const listsPerTurn = 500;
const rowsPerTurn = 10_000;
/** Bytes of tokens that are decoded at a time. */
const decodedPerTurn = 1 << 16;
/** Postings that are written at a time. */
const postingsPerPiece = 1 << 17;

/**
 * An index of words as one safetensors file, in pieces: how many postings each token has, the rows that have tokens
 * and how many, the postings, and the tokens, a line each. The index must not be changed before the last piece.
 *
 * @param tokenizer what made the tokens: whatever makes others must not search the file
 */
export async function* saveLexicalIndex(
  index: MemoryLexicalIndex,
  tokenizer: string,
): AsyncGenerator<Uint8Array> {
  const counts: number[] = [];
  const lines: Uint8Array[] = [];
  let tokens: string[] = [];
  const encoder = new TextEncoder();
  const encode = () => {
    // Each line has its end, for there may be a token more in the next piece.
    if (tokens.length > 0) lines.push(encoder.encode(`${tokens.join('\n')}\n`));
    tokens = [];
  };
  for (const { token, count } of index.takeOut()) {
    tokens.push(token);
    counts.push(count);
    if (tokens.length < listsPerTurn) continue;
    encode();
    await checkpoint({}, { stage: 'save', done: counts.length, total: counts.length });
  }
  encode();
  const { rows, lengths } = index.lengths();
  const tokenBytes = lines.reduce((sum, { length }) => sum + length, 0);
  yield encodeSafetensorsHeader(
    [
      ['counts', { dtype: 'U32', shape: [counts.length] }],
      ['rows', { dtype: 'U32', shape: [rows.length] }],
      ['lengths', { dtype: 'U32', shape: [lengths.length] }],
      ['postings', { dtype: 'U32', shape: [index.postings] }],
      ['tokens', { dtype: 'U8', shape: [tokenBytes] }],
    ],
    { format: 'bitryoshka', kind, version, tokenizer },
  );
  for (const numbers of [Uint32Array.from(counts), rows, lengths]) yield bytesOf(numbers);
  let piece = new Uint32Array(postingsPerPiece);
  let filled = 0;
  for (const list of index.lists()) {
    for (let start = 0; start < list.length; ) {
      const part = list.subarray(start, start + postingsPerPiece - filled);
      piece.set(part, filled);
      filled += part.length;
      start += part.length;
      if (filled < postingsPerPiece) continue;
      yield bytesOf(piece);
      piece = new Uint32Array(postingsPerPiece);
      filled = 0;
    }
  }
  yield bytesOf(piece.subarray(0, filled));
  yield* lines;
}

/**
 * Reads what `saveLexicalIndex` wrote.
 *
 * @returns undefined for a file of another tokenizer or a newer version: the words have to be indexed again
 * @throws BitryoshkaError `invalid-file`, `truncated-file`, and the reason of the signal
 */
export async function loadLexicalIndex(
  file: Uint8Array,
  { tokenizer, tokenize }: { readonly tokenizer: string; readonly tokenize: Tokenize },
  task: Pick<TaskOptions, 'signal'>,
): Promise<MemoryLexicalIndex | undefined> {
  const { headerBytes, slots, metadata } = decodeSafetensorsHeader(file);
  if (metadata.kind !== kind) throw invalid(`a file of kind "${metadata.kind}"`);
  if (metadata.version !== version || metadata.tokenizer !== tokenizer) return undefined;
  const bytes = (name: string): Uint8Array => {
    const slot = slots[name];
    if (!slot) throw invalid(`no ${name}`);
    return file.subarray(headerBytes + slot.start, headerBytes + slot.end);
  };
  const [counts, rows, lengths, postings] = [
    numbersOf(bytes('counts')),
    numbersOf(bytes('rows')),
    numbersOf(bytes('lengths')),
    numbersOf(bytes('postings')),
  ];
  const sum = (list: Uint32Array) => list.reduce((total, value) => total + value, 0);
  if (
    rows.length !== lengths.length ||
    sum(counts) !== postings.length ||
    sum(lengths) !== postings.length
  ) {
    throw invalid('lists of other lengths than they say');
  }
  const index = new MemoryLexicalIndex(tokenize);
  let start = 0;
  let read = 0;
  for (const token of linesOf(bytes('tokens'))) {
    if (read % listsPerTurn === 0) {
      await checkpoint(task, { stage: 'load', done: read, total: counts.length });
    }
    const end = start + (counts[read++] ?? 0);
    index.restoreList(token, postings.subarray(start, end));
    start = end;
  }
  if (read !== counts.length) throw invalid(`${read} tokens for ${counts.length} lists`);
  for (let row = 0; row < rows.length; row += rowsPerTurn) {
    await checkpoint(task, { stage: 'load', done: row, total: rows.length });
    index.restoreRows(rows.subarray(row, row + rowsPerTurn), lengths.subarray(row));
  }
  index.commit();
  return index;
}

/** Without a copy, unless they lie across the words of the memory. */
function numbersOf(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(buffer, byteOffset, byteLength >> 2);
}

/** Each has its end. */
function* linesOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for (let start = 0; start < bytes.length; start += decodedPerTurn) {
    const piece = bytes.subarray(start, start + decodedPerTurn);
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function invalid(what: string): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-file',
    message: `words: got ${what}, expected what a store has saved.`,
    remedy: 'Save the store again.',
  });
}
