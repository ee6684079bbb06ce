import { collectFiles } from '../../packages/cli/dist/folders/collect-files.js';
import { readPassages } from '../../packages/cli/dist/folders/read-passages.js';

// The folder lies in a cache that git ignores: without `ignore: false` it would look empty.
export const collect = { include: ['*.md', '*.mdx'], ignore: false };

/**
 * The passages of the Markdown files of a folder, split as the command line splits them.
 *
 * @returns `{ file, headings, text, searched }` each: the passage as it is shown, and what is searched
 */
export async function readFolder(folder) {
  const { files } = await collectFiles(folder, collect);
  const passages = [];
  for (const file of files) {
    const read = await readPassages(folder, file);
    if (typeof read === 'string') throw new Error(`${file.path}: ${read}.`);
    for (const { headings, text } of read.passages) {
      // As in the command line's library: a passage says less than the headings above it.
      passages.push({ file: file.path, headings, text, searched: [...headings, text].join('\n') });
    }
  }
  return passages;
}
