import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('./', import.meta.url);

/**
 * The question sets of this folder, one per package, in the order of their names.
 *
 * A question is answered by the passages of `file` whose text `pattern` matches, and by those that
 * are named in `also`. Its `kind` is `question`, in a user's own words, or `identifier`, a look-up.
 */
export function readQuestionSets() {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
}
