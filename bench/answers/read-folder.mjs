import { collectFiles } from '../../packages/cli/dist/folders/collect-files.js';
import { readPassages } from '../../packages/cli/dist/folders/read-passages.js';

/**
 * The passages of the Markdown files of a folder, split as the command line splits them.
 *
 * @returns `{ file, text, searched }` each: the passage as it is shown, and what is searched
 */
export async function readFolder(folder) {
  // The folder lies in a cache that git ignores: without `ignore: false` it would look empty.
  const { files } = await collectFiles(folder, { include: ['*.md'], ignore: false });
  const passages = [];
  for (const file of files) {
    const read = await readPassages(folder, file);
    if (typeof read === 'string') throw new Error(`${file.path}: ${read}.`);
    for (const { headings, text } of read.passages) {
      // As in the command line's library: a passage says less than the headings above it.
      passages.push({ file: file.path, text, searched: [...headings, text].join('\n') });
    }
  }
  return passages;
}
