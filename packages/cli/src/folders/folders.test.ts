import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectFiles } from './collect-files.ts';
import { readPassages, splitText } from './read-passages.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('collectFiles', () => {
  it('finds text of every kind, in the order of the paths, and counts the rest', async () => {
    await writeAll({
      'z.md': '# z',
      'a/page.HTML': '<p>a</p>',
      'a/code.py': 'x = 1',
      'photo.png': 'x',
      LICENSE: 'no extension',
      'huge.txt': 'x'.repeat(4 * 1024 * 1024 + 1),
      '.git/config.txt': 'x',
      'node_modules/p/README.md': 'x',
      'ignored.md': 'x',
      '.gitignore': 'ignored.md\n',
    });
    await symlink(folder, join(folder, 'a/loop'));
    const { files, skipped } = await collectFiles(folder);
    expect(files.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      'python a/code.py',
      'html a/page.HTML',
      'markdown z.md',
    ]);
    expect(Object.fromEntries(skipped)).toEqual({ 'not text': 2, 'larger than 4 MiB': 1 });
  });

  it('looks into packages when told to', async () => {
    await writeAll({ 'node_modules/p/README.md': 'x', 'b.md': 'x', 'c.txt': 'x' });
    const { files } = await collectFiles(folder, { patterns: ['**/*.md'], ignore: false });
    expect(files.map(({ path }) => path)).toEqual(['b.md', 'node_modules/p/README.md']);
  });

  it('gives a changed file another fingerprint', async () => {
    await writeAll({ 'a.md': 'one' });
    const before = (await collectFiles(folder)).files[0]?.fingerprint;
    expect((await collectFiles(folder)).files[0]?.fingerprint).toBe(before);
    await writeAll({ 'a.md': 'three' });
    expect((await collectFiles(folder)).files[0]?.fingerprint).not.toBe(before);
  });

  it('refuses what is no folder', async () => {
    await writeAll({ 'a.md': 'x' });
    await expect(collectFiles(join(folder, 'a.md'))).rejects.toThrow(
      /got a file, expected a folder/,
    );
    await expect(collectFiles(join(folder, 'none'))).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });
});

describe('readPassages', () => {
  it('says why a file has no passages', async () => {
    await writeAll({ 'nul.txt': 'a\0b', 'gone.txt': 'x' });
    await writeFile(join(folder, 'latin.txt'), Uint8Array.of(0x67, 0xfc, 0x6e));
    const { files } = await collectFiles(folder);
    await rm(join(folder, 'gone.txt'));
    const reasons = await Promise.all(files.map((file) => readPassages(folder, file)));
    expect(reasons).toEqual(['unreadable', 'binary', 'binary']);
  });

  it.skipIf(process.getuid?.() === 0)('counts files it may not read', async () => {
    await writeAll({ 'secret.txt': 'x' });
    const { files } = await collectFiles(folder);
    await chmod(join(folder, 'secret.txt'), 0);
    expect(await readPassages(folder, files[0] as never)).toBe('unreadable');
  });
});

describe('splitText', () => {
  it('keeps headings with Markdown and HTML passages', async () => {
    const expected = [{ headings: ['Title', 'Part'], text: 'Some text.' }];
    expect(await splitText('# Title\n## Part\nSome text.', 'markdown')).toEqual(expected);
    expect(
      await splitText('<h1>Title</h1><script>x()</script><h2>Part</h2><p>Some text.</p>', 'html'),
    ).toEqual(expected);
  });

  it('cuts long texts into passages that overlap and lose nothing', async () => {
    const words = Array.from({ length: 2000 }, (_, i) => `word${i}`);
    const passages = await splitText(words.join(' '), 'text');
    expect(passages.length).toBeGreaterThan(10);
    expect(passages.every(({ text }) => text.length <= 1000)).toBe(true);
    const found = new Set(passages.flatMap(({ text }) => text.split(' ')));
    expect(found.size).toBe(2000);
  });

  it('leaves out passages without a word', async () => {
    expect(await splitText('---\n\n***\n\n1 2 3', 'markdown')).toEqual([]);
  });

  it('splits source code', async () => {
    const code = Array.from({ length: 60 }, (_, i) => `function f${i}() {\n  return ${i};\n}`);
    const passages = await splitText(code.join('\n\n'), 'js');
    expect(passages.length).toBeGreaterThan(1);
    expect(passages.every(({ text }) => text.startsWith('function'))).toBe(true);
  });
});

async function writeAll(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
