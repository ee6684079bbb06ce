import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '@bitryoshka/core';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';
import { openLibrary } from './folder-library.ts';
import { readIndex } from './kept-indexes.ts';

const folder = temporaryFolder();

/** Passages of a file. */
const each = 5;

it('keeps what was done when it is interrupted, by whole files, and goes on from there', async () => {
  const sentence = 'The router stands near the kettle and the tomato, as it has always done. ';
  const files = Array.from({ length: 120 }, (_, i) =>
    folder.write(
      `notes/${i}.txt`,
      Array.from(
        { length: each },
        (_passage, j) => `Number ${i} ${j}. ${sentence.repeat(12)}`,
      ).join('\n\n'),
    ),
  );
  await Promise.all(files);
  const notes = join(folder.path, 'notes');
  const indexFolder = join(folder.path, 'index');
  const controller = new AbortController();
  const interruption = new Error('Ctrl-C');
  const onProgress = ({ stage, done }: Progress): void => {
    if (stage === 'embed' && done > 300) controller.abort(interruption);
  };
  const interrupted = { indexFolder, signal: controller.signal, onProgress };
  await expect(openLibrary(notes, interrupted)).rejects.toBe(interruption);
  const kept = await readIndex(indexFolder);
  expect(kept?.passages).toBeGreaterThanOrEqual(250);
  expect(kept?.passages).toBeLessThan(120 * each);
  expect(kept?.passages).toBe(each * (kept?.files ?? 0));

  const library = await openLibrary(notes, { indexFolder });
  expect(library.filesRead).toBe(120 - (kept?.files ?? 0));
  expect(library.passages).toBe(120 * each);
  await library.save();
  await library.store.close();
  expect((await readIndex(indexFolder))?.passages).toBe(120 * each);
});

it('saves what has been read although it is interrupted then', async () => {
  await folder.write('notes/kettle.txt', 'The kettle boils water.');
  const indexFolder = join(folder.path, 'index');
  const controller = new AbortController();
  const { signal } = controller;
  const library = await openLibrary(join(folder.path, 'notes'), { indexFolder, signal });
  controller.abort();
  await library.save();
  await library.store.close();
  expect((await readIndex(indexFolder))?.passages).toBe(1);
});

it('leaves nothing behind when it is interrupted before anything is done', async () => {
  await folder.write('notes/kettle.txt', 'The kettle boils water.');
  const indexFolder = join(folder.path, 'index');
  const opened = openLibrary(join(folder.path, 'notes'), {
    indexFolder,
    signal: AbortSignal.abort(),
  });
  await expect(opened).rejects.toThrow(/abort/);
  expect(await readdir(folder.path)).not.toContain('index');
});

it('takes a folder in which another call is about to write its index', async () => {
  await folder.write('notes/kettle.txt', 'The kettle boils water.');
  await folder.write('index/search.json.0a1b2c3d.tmp', '{"form');
  const indexFolder = join(folder.path, 'index');
  const library = await openLibrary(join(folder.path, 'notes'), { indexFolder });
  await library.save();
  await library.store.close();
  expect((await readIndex(indexFolder))?.passages).toBe(1);
});
