import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LineRange, PassageResponse } from './api-types.ts';

/** Longer ones are data; what is shown of them is cut. */
const longestLine = 2000;

/**
 * Where a file has some texts, in its order, however their white space was changed; undefined for one that it does not
 * have, as those of HTML, which were made of it.
 */
export function locateLines(file: string, texts: readonly string[]): (LineRange | undefined)[] {
  const { letters, offsets } = squeeze(file);
  const starts = lineStarts(file);
  let from = 0;
  return texts.map((text) => {
    const wanted = squeeze(text).letters;
    // Passages overlap: the next one begins behind the beginning of the last.
    const at = wanted === '' ? -1 : letters.indexOf(wanted, from);
    if (at < 0) return undefined;
    from = at + 1;
    return {
      from: lineAt(starts, offsets[at] as number),
      to: lineAt(starts, offsets[at + wanted.length - 1] as number),
    };
  });
}

/** The lines of a range, and so many before and after it. */
export function contextOf(
  file: string,
  { from, to }: LineRange,
  around: number,
): NonNullable<PassageResponse['context']> {
  const lines = file.split(/\r?\n/).map((line) => line.slice(0, longestLine));
  const join = (start: number, end: number) => lines.slice(Math.max(0, start), end).join('\n');
  return {
    before: join(from - 1 - around, from - 1),
    lines: join(from - 1, to),
    after: join(to, to + around),
  };
}

/** The text of a file as passages were read from it; undefined where it cannot be read any more. */
export async function readSource(folder: string, source: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(join(folder, source)));
  } catch {
    return undefined;
  }
}

/** A text without white space, and where each of its characters was. */
function squeeze(text: string): { readonly letters: string; readonly offsets: Uint32Array } {
  const offsets = new Uint32Array(text.length);
  let count = 0;
  const pieces: string[] = [];
  for (const { 0: piece, index } of text.matchAll(/\S+/g)) {
    pieces.push(piece);
    for (let i = 0; i < piece.length; i++) offsets[count++] = index + i;
  }
  return { letters: pieces.join(''), offsets };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Counted from 1. */
function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
