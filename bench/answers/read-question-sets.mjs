import { readdirSync, readFileSync } from 'node:fs';

/**
 * The question sets of a folder beside this file, one per package, in the order of their names.
 *
 * A question is answered by the passages of `file` whose text `pattern` matches, and by those that
 * are named in `also`. Its `kind` is `question`, in a user's own words, or `identifier`, a look-up.
 */
export function readQuestionSets(name = '.') {
  const folder = new URL(`${name}/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
}
