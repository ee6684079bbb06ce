import { findPassages } from '../library/find-passages.ts';
import { openLibrary } from '../library/folder-library.ts';
import { print } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { compareAtSizes } from './compare-at-sizes.ts';
import { printPassages } from './print-passages.ts';
import { closeLibrary, printLibrary } from './search-folder.ts';

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
  const bar = new ProgressBar();
  const library = await openLibrary(folder ?? process.cwd(), {
    hybrid,
    onProgress: bar.update,
    ...(folder === undefined && { collect: demoFiles }),
  }).finally(() => bar.stop());
  printLibrary(folder ?? process.cwd(), library);
  for (const asked of question === undefined ? demoQuestions : [question]) {
    printPassages(asked, await findPassages(library, asked, 3));
  }
  await closeLibrary(library, bar);
  const table = await compareAtSizes(library, { onProgress: bar.update }).finally(() => bar.stop());
  print(`\n${table}`);
}
