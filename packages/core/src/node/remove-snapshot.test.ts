import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeSnapshot } from './remove-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bitryoshka-remove-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const save = () =>
  writeSnapshot(directory, { kind: 'a', settings: 1, files: { 'x.bin': [new Uint8Array(3)] } });

it('removes what a save has written, and nothing else', async () => {
  await save();
  await writeFile(join(directory, 'notes.txt'), 'mine');
  await mkdir(join(directory, 'folder'));
  await removeSnapshot(directory, 'a');
  expect(await readdir(directory)).toEqual(['folder', 'notes.txt']);
});

it('removes nothing of a folder that holds no snapshot, or one of another kind', async () => {
  await writeFile(join(directory, 'notes.txt'), 'mine');
  await expect(removeSnapshot(directory, 'a')).rejects.toMatchObject({ code: 'file-not-found' });
  await save();
  const before = await readdir(directory);
  await expect(removeSnapshot(directory, 'b')).rejects.toMatchObject({ code: 'invalid-file' });
  expect(await readdir(directory)).toEqual(before);
});
