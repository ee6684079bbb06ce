import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replaceFile } from './replace-file.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replace-'));
});

afterEach(() => rm(folder, { recursive: true }));

it('leaves everything as it was when it cannot put the file in place', async () => {
  // A folder with something in it cannot be replaced by a file, not even by root.
  await mkdir(join(folder, 'page'));
  await writeFile(join(folder, 'page/kept'), '');
  await expect(replaceFile(join(folder, 'page'), 'text')).rejects.toMatchObject({
    code: 'write-failed',
  });
  expect(await readdir(folder)).toEqual(['page']);
  await expect(replaceFile(join(folder, 'none/page'), 'text')).rejects.toMatchObject({
    code: 'write-failed',
  });
});
