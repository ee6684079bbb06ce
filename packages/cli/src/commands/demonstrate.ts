import { findPassages } from '../library/find-passages.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { print } from '../terminal/print.ts';
import { compareAtSizes } from './compare-at-sizes.ts';
import { closeFolder, openFolder } from './opened-folder.ts';
import { printPassages } from './print-passages.ts';
import { printLibrary } from './search-folder.ts';

/** Asked when no folder is given, of the Markdown that every project with packages has. */
const demoQuestions = [
  'How do I show a progress bar in the terminal?',
  'Which files match a glob pattern?',
  'limit how many promises run at the same time',
  'What does a caret mean in a version range?',
  'Is this a valid name for a package?',
];

/** Documentation of this folder, and of the packages installed in it. */
const demoFiles = {
  include: ['/*.md', '/docs/**/*.md', '/packages/*/*.md', '**/node_modules/**/*.md'],
  // Lists of changes and licences mention everything and answer nothing.
  exclude: ['*{change,CHANGE,Change,licen,LICEN,Licen,history,HISTORY,History}*.md'],
  ignore: false,
};

/**
 * `bitryoshka demo`: the whole path on real text, and what it costs beside float search. Without
 * arguments it reads the documentation of the current folder and of the packages installed there.
 */
export async function demonstrate(
  folder: string | undefined,
  question: string | undefined,
  { hybrid }: { readonly hybrid: boolean },
): Promise<void> {
  await interruptible(async (signal) => {
    const read = folder ?? process.cwd();
    const options = { hybrid, ...(folder === undefined && { collect: demoFiles }) };
    const opened = await openFolder(read, options, signal);
    const { library, bar, task } = opened;
    printLibrary(read, library);
    for (const asked of question === undefined ? demoQuestions : [question]) {
      print(`\n? ${asked}`);
      printPassages(asked, await findPassages(library, asked, 3));
    }
    await closeFolder(opened);
    const table = await compareAtSizes(library, task).finally(() => bar.stop());
    print(`\n${table}`);
  });
}
