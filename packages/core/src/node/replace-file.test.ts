import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
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

it('removes what a killed process has left behind, and nothing else', async () => {
  const [now, before] = [new Date(), new Date(Date.now() - 3_600_000)];
  const left = async (name: string, time: Date) => {
    await writeFile(join(folder, name), 'part');
    await utimes(join(folder, name), time, time);
  };
  await left('index.0123abcd.tmp', before);
  const kept = ['index.89abcdef.tmp', 'index.old.tmp', 'my-index.0123abcd.tmp', 'index.0123abcd'];
  await left(kept[0], now);
  for (const name of kept.slice(1)) await left(name, before);
  await replaceFile(join(folder, 'index'), 'whole');
  expect((await readdir(folder)).sort()).toEqual([...kept, 'index'].sort());
});
