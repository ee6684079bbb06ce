import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';
import { liveFolders } from './live-folders.ts';

const folder = temporaryFolder();

it('gives each of several folders a name and an index of its own', async () => {
  await folder.write('a/notes/kettle.md', 'The kettle boils water.');
  await folder.write('b/notes/router.md', 'The router restarts.');
  await symlink(join(folder.path, 'a/notes'), join(folder.path, 'linked'));
  const paths = ['linked', 'b/notes', 'a/notes', 'b/notes/'];
  const indexFolder = join(folder.path, 'indexes');
  const read = async () => {
    const live = await liveFolders(
      paths.map((path) => join(folder.path, path)),
      { indexFolder },
    );
    const libraries = [];
    for (const { name, library } of live) {
      const { files, filesRead, indexFolder: own } = await library.current();
      libraries.push({ name, files, filesRead, own });
      await library.close();
    }
    return libraries;
  };
  const names = ['notes', 'notes-2'];
  const expected = names.map((name) => ({ name, files: 1, own: join(indexFolder, name) }));
  expect(await read()).toEqual(expected.map((each) => ({ ...each, filesRead: 1 })));
  // What one has kept is not the other's.
  expect(await read()).toEqual(expected.map((each) => ({ ...each, filesRead: 0 })));
});

it('refuses what is no folder', async () => {
  await folder.write('notes.md', 'The kettle boils water.');
  for (const [name, got] of [
    ['notes.md', 'a file'],
    ['none', 'nothing'],
  ] as const) {
    const opened = liveFolders([join(folder.path, name)]);
    await expect(opened).rejects.toThrow(`${name}: got ${got}, expected a folder.`);
  }
});
