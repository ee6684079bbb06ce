import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileReader } from './file-reader.ts';

let folder: string;
let reader: FileReader;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reader-'));
});

afterEach(async () => {
  await reader.close();
  await rm(folder, { recursive: true });
});

describe('FileReader', () => {
  it('gives the passages of files, and the reasons of those that have none', async () => {
    reader = new FileReader(folder);
    expect(await read('a.md', '# Rent\n\nDue soon.')).toEqual({
      passages: [{ headings: ['Rent'], text: 'Due soon.', line: 3, endLine: 3 }],
    });
    expect(await read('b.md', 'a\0b')).toBe('binary');
    const gone = { path: 'gone.md', kind: 'markdown', bytes: 1, fingerprint: '' } as const;
    expect(await reader.read(gone)).toBe('unreadable');
  });

  it('ends what takes too long, while others have their turn, and reads the next file', async () => {
    reader = new FileReader(folder, { secondsPerFile: 0.05 });
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const slow = `${'<p>text <b>here</b>\n'.repeat(150_000)}`;
    expect(await read('slow.html', slow)).toBe('took longer than 0.05 s');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    reader = new FileReader(folder);
    expect(await read('a.md', 'Due soon.')).toHaveProperty('passages');
  });

  it('ends what needs too much memory', async () => {
    reader = new FileReader(folder, { heapMegabytes: 24 });
    const large = `<p>${'<b>text</b> '.repeat(300_000)}`;
    expect(await read('large.html', large)).toBe('needs too much memory');
    expect(await read('a.md', 'Due soon.')).toHaveProperty('passages');
  });

  async function read(path: string, text: string) {
    await writeFile(join(folder, path), text);
    const kind = path.endsWith('.html') ? 'html' : 'markdown';
    return reader.read({ path, kind, bytes: Buffer.byteLength(text), fingerprint: '' });
  }
});
