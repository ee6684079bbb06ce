import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';
import { findPassages } from './find-passages.ts';
import { fitsNothing } from './fits-nothing.ts';
import type { FolderLibrary } from './folder-library.ts';
import { openLibrary } from './folder-library.ts';

const folder = temporaryFolder();
let library: FolderLibrary;

beforeEach(async () => {
  await folder.write('notes/router.md', '# Network\nHold the button of the router to restart it.');
  await folder.write('notes/kettle.md', 'The kettle boils water in three minutes.');
  await folder.write('notes/sites.md', 'The code of the site is ZX-77Q.');
  library = await openLibrary(join(folder.path, 'notes'));
});
afterAll(() => library.store.close());

it.each([
  ['How do I restart the router?', false],
  // By its meaning: no word of it is there.
  ['rebooting my wifi box', false],
  // By its letters: no model knows it.
  ['zx-77q', false],
  ['train from Paris to Berlin', true],
  ['When did Napoleon die?', true],
])('%s', async (question, fits) => {
  const passages = await findPassages(library, question, 3);
  expect(await fitsNothing(library, question, passages)).toBe(fits);
});
