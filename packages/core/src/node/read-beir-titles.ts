import { join } from 'node:path';
import { BitryoshkaError } from '../errors/bitryoshka-error.ts';
import { readText } from './read-file.ts';

/**
 * The titles of the documents of a BEIR folder, by id, from its `corpus.jsonl`. Documents without one are
 * left out.
 *
 * @throws BitryoshkaError `file-not-found` or `invalid-file`
 */
export async function readBeirTitles(folder: string): Promise<Map<string, string>> {
  const file = join(folder, 'corpus.jsonl');
  const titles = new Map<string, string>();
  for (const [i, line] of (await readText(file)).split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const { _id: id, title = '' } = parse(`${file}:${i + 1}`, line);
    if (title.trim() !== '') titles.set(id, title);
  }
  return titles;
}

function parse(place: string, line: string): { readonly _id: string; readonly title?: string } {
  try {
    const document = JSON.parse(line);
    const { _id, title } = document;
    const hasTitle = title === undefined || title === null || typeof title === 'string';
    if (typeof _id === 'string' && hasTitle) return { _id, title: title ?? undefined };
  } catch {
    // The same is to be said of a line that is no JSON.
  }
  throw new BitryoshkaError({
    code: 'invalid-file',
    message: `${place}: got "${line.slice(0, 80)}", expected a JSON object with _id and, if it has one, title as texts.`,
    remedy: 'Correct this line.',
  });
}
