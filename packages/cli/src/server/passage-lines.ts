import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeText } from '../folders/decode-text.ts';
import { textKind } from '../folders/text-kind.ts';
import type { LineRange, PassageResponse } from './api-types.ts';

/** Longer ones are data; what is shown of them is cut. */
const longestLine = 2000;

/** The lines of a range, and so many before and after it. */
export function contextOf(
  file: string,
  { from, to }: LineRange,
  around: number,
): NonNullable<PassageResponse['context']> {
  const lines = file.split('\n').map((line) => line.slice(0, longestLine));
  const join = (start: number, end: number) => lines.slice(Math.max(0, start), end).join('\n');
  return {
    before: join(from - 1 - around, from - 1),
    lines: join(from - 1, to),
    after: join(to, to + around),
  };
}

/** The text of a file as it was read; undefined where it cannot be read any more, and of documents that are no text. */
export async function readSource(folder: string, source: string): Promise<string | undefined> {
  const kind = textKind(source);
  if (kind === undefined || kind === 'pdf' || kind === 'docx') return undefined;
  try {
    return decodeText(await readFile(join(folder, source)));
  } catch {
    return undefined;
  }
}
