import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { readSnapshot } from './read-snapshot.ts';
import { writeSnapshot } from './write-snapshot.ts';

/** What is to happen before a data file is next opened for reading. */
const interruptions: (() => Promise<void>)[] = [];
/** Saves read back what they have written. */
let isReading = true;

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return {
    ...original,
    open: async (path: string, flags: string | number) => {
      if (isReading && typeof flags === 'number' && path.endsWith('.txt')) {
        await interruptions.shift()?.();
      }
      return original.open(path, flags);
    },
  };
});

it('begins again when a save replaces the snapshot while its files are being opened', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bitryoshka-snapshot-'));
  const save = async (value: string) => {
    const files = { 'a.txt': [Buffer.from(value)], 'b.txt': [Buffer.from(value)] };
    isReading = false;
    await writeSnapshot(directory, { kind: 'test', settings: value, files });
    isReading = true;
  };
  const load = () =>
    readSnapshot(directory, 'test', async ({ settings, files }) => [
      settings,
      ...(await Promise.all(
        Object.values(files).map(async (file) => String(Buffer.from(await file.read()))),
      )),
    ]);
  await save('1');
  interruptions.push(() => save('2'));
  expect(await load()).toEqual(['2', '2', '2']);
  // Between the two files: the first stays as it was opened, so all of it has to be opened anew.
  interruptions.push(
    async () => undefined,
    () => save('3'),
  );
  expect(await load()).toEqual(['3', '3', '3']);
  interruptions.push(...Array.from({ length: 30 }, (_, i) => () => save(`save ${i}`)));
  await expect(load()).rejects.toMatchObject({ code: 'truncated-file' });
  interruptions.length = 0;
  await rm(directory, { recursive: true });
});
