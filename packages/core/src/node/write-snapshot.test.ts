import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readSnapshot } from './read-snapshot.ts';
import type { SavedGeneration } from './snapshot-manifest.ts';
import type { WriteSnapshotOptions } from './write-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

/** Of the disk, in order. */
let flushed: string[] = [];
let failsAt = Infinity;
vi.mock('./flush.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('./flush.ts')>();
  const flushing = (path: string) => {
    if (flushed.push(path) === failsAt) {
      throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'fsync' });
    }
  };
  return {
    flush: async (handle: Parameters<typeof original.flush>[0]) => {
      flushing('file');
      await original.flush(handle);
    },
    flushDirectory: async (directory: string) => {
      flushing(directory);
      await original.flushDirectory(directory);
    },
  };
});

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bitryoshka-write-'));
  folder = join(root, 'a', 'b', 'c');
  failsAt = Infinity;
  flushed = [];
});
afterEach(() => rm(root, { recursive: true }));

const save = (value: string, options?: WriteSnapshotOptions) =>
  writeSnapshot(
    folder,
    { kind: 'test', settings: value, files: { 'a.txt': [Buffer.from(value)] } },
    options,
  );
const load = () => readSnapshot(folder, 'test', ({ settings }) => settings);

it('has the disk know of every folder that it makes, and of files before the manifest', async () => {
  await mkdir(join(root, 'a'));
  await save('x');
  const expected = [join(root, 'a', 'b'), join(root, 'a'), 'file', 'file', folder, folder];
  expect(flushed).toEqual(expected);
  flushed = [];
  await save('y');
  expect(flushed).toEqual(expected.slice(2));
});

it('leaves what was there when the disk fails, and after it is replaced, says that it may come back', async () => {
  const saved: SavedGeneration[] = [];
  const onReplaced = (generation: SavedGeneration) => saved.push(generation);
  await save('old');
  for (let point = 1; point <= 3; point++) {
    flushed = [];
    failsAt = point;
    await expect(save('new', { onReplaced })).rejects.toMatchObject({ code: 'write-failed' });
    failsAt = Infinity;
    expect([await load(), await readdir(folder), saved]).toEqual([
      'old',
      [expect.stringContaining('a.txt'), 'bitryoshka.json'],
      [],
    ]);
  }
  flushed = [];
  failsAt = 4;
  await expect(save('new', { onReplaced })).rejects.toMatchObject({
    code: 'write-failed',
    message: expect.stringContaining('power cut'),
  });
  expect([await load(), saved.length]).toEqual(['new', 1]);
  failsAt = Infinity;
  await save('newer');
  expect([await load(), await readdir(folder)]).toEqual([
    'newer',
    [expect.stringContaining('a.txt'), 'bitryoshka.json'],
  ]);
});

it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
  'refuses a folder that may not be written to',
  async () => {
    await mkdir(folder, { recursive: true, mode: 0o555 });
    await expect(save('x')).rejects.toMatchObject({ code: 'write-failed' });
  },
);
