import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFileWhole } from './write-file-whole.ts';

it('writes and replaces, and leaves nothing else behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whole-'));
  try {
    const file = join(folder, 'a.bin');
    await writeFileWhole(file, Uint8Array.of(1, 2));
    await writeFileWhole(file, 'text');
    expect(await readFile(file, 'utf8')).toBe('text');
    await expect(writeFileWhole(join(folder, 'none/a.bin'), 'x')).rejects.toMatchObject({
      code: 'write-failed',
    });
    // A folder cannot be replaced by a file: the rename fails after the write.
    await expect(writeFileWhole(folder, 'x')).rejects.toMatchObject({ code: 'write-failed' });
    expect(await readdir(folder)).toEqual(['a.bin']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
