import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectOptions } from './collect-files.ts';
import { collectFiles } from './collect-files.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('collectFiles', () => {
  it('finds text of every kind, in the order of the paths, and says why the rest is left out', async () => {
    await writeAll({
      'z.md': '# z',
      'a/page.HTML': '<p>a</p>',
      'a/code.py': 'x = 1',
      'photo.png': 'x',
      LICENSE: 'no extension',
      'huge.txt': 'x'.repeat(4 * 1024 * 1024 + 1),
      'empty.md': '',
      'yarn.lock': 'x',
      'jquery.min.js': 'x',
      '.git/config.txt': 'x',
      '.hidden/a.md': 'x',
      'node_modules/p/README.md': 'x',
      'ignored.md': 'x',
      '.gitignore': 'ignored.md\n',
    });
    const { files, skipped } = await collectFiles(folder);
    expect(files.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      'unnamed LICENSE',
      'python a/code.py',
      'html a/page.HTML',
      'markdown z.md',
    ]);
    expect(skipped.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      '.hidden: hidden',
      'empty.md: empty',
      'huge.txt: larger than 4 MiB',
      'ignored.md: ignored by .gitignore',
      'jquery.min.js: generated',
      'node_modules: node_modules',
      'photo.png: not text',
      'yarn.lock: generated',
    ]);
  });

  it('leaves out indexes of searches, and nothing that is only called like their parts', async () => {
    await writeAll({
      'search.json': '{"engine":"lunr"}',
      'store/cart.md': 'A cart.',
      'kept/search.json': '{"format":"bitryoshka-search","version":1,"files":[]}',
      'kept/store/documents.txt': 'An index.',
    });
    const { files } = await collectFiles(folder, { ignore: false });
    expect(files.map(({ path }) => path)).toEqual(['search.json', 'store/cart.md']);
  });

  it('finds what is ignored, hidden or generated when told to, and larger files', async () => {
    await writeAll({
      'node_modules/p/README.md': 'x',
      '.hidden/a.md': 'x',
      '.git/a.md': 'x',
      '.gitignore': 'b.md',
      'b.md': 'xx',
      'yarn.lock.json': 'x',
      'package-lock.json': '{}',
    });
    const options = { ignore: false, maximumBytes: 1 };
    expect(await paths(options)).toEqual([
      '.hidden/a.md',
      'node_modules/p/README.md',
      'yarn.lock.json',
    ]);
    expect(await paths({ ignore: false })).toContain('package-lock.json');
  });

  it('takes patterns for names, for paths and for folders', async () => {
    await writeAll({ 'a.md': 'x', 'docs/b.md': 'x', 'docs/v1/c.md': 'x', 'docs/v1/d.txt': 'x' });
    expect(await paths({ include: ['*.md'] })).toEqual(['a.md', 'docs/b.md', 'docs/v1/c.md']);
    expect(await paths({ include: ['/*.md'] })).toEqual(['a.md']);
    expect(await paths({ include: ['docs/*.{md,txt}'] })).toEqual(['docs/b.md']);
    expect(await paths({ include: ['docs'], exclude: ['v1/'] })).toEqual(['docs/b.md']);
    expect(await paths({ exclude: ['docs/v1', 'a.md'] })).toEqual(['docs/b.md']);
    expect(await paths({ include: ['*.txt', 'a.md'] })).toEqual(['a.md', 'docs/v1/d.txt']);
  });

  it('heeds the ignore files of the repository around it, and of the folders in it', async () => {
    await writeAll({
      '.git/info/exclude': 'private.md',
      '.gitignore': 'drafts/\n*.tmp.md\n/docs/top.md',
      'docs/.gitignore': '!kept.tmp.md\n/own.md',
      'docs/a.md': 'x',
      'docs/b.tmp.md': 'x',
      'docs/kept.tmp.md': 'x',
      'docs/own.md': 'x',
      'docs/top.md': 'x',
      'docs/private.md': 'x',
      'docs/drafts/d.md': 'x',
      'docs/in/own.md': 'x',
    });
    const { files } = await collectFiles(join(folder, 'docs'));
    expect(files.map(({ path }) => path)).toEqual(['a.md', 'in/own.md', 'kept.tmp.md']);
  });

  it('leaves out the folder of the index', async () => {
    await writeAll({ 'a.md': 'x', 'index/b.md': 'x' });
    expect(await paths({ indexFolder: join(folder, 'index') })).toEqual(['a.md']);
  });

  it('follows links once, and to no folder that holds this one', async () => {
    await writeAll({ 'in/a/b.md': 'x', 'outside/c.md': 'x', 'outside/deep/d.md': 'x' });
    await symlink(join(folder, 'in'), join(folder, 'in/a/loop'));
    await symlink(folder, join(folder, 'in/above'));
    await symlink('a/b.md', join(folder, 'in/again.md'));
    await symlink('nowhere', join(folder, 'in/broken.md'));
    await symlink(join(folder, 'outside'), join(folder, 'in/other'));
    await symlink(join(folder, 'outside/deep'), join(folder, 'in/other2'));
    await symlink(join(folder, 'outside'), join(folder, 'outside/deep/back'));
    const { files, skipped } = await collectFiles(join(folder, 'in'));
    expect(files.map(({ path }) => path)).toEqual(['a/b.md', 'other/c.md', 'other/deep/d.md']);
    expect(skipped.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      'a/loop: link to a folder that it is in',
      'above: link to a folder that it is in',
      'broken.md: broken link',
    ]);
  });

  it.skipIf(process.platform === 'win32')('does not wait for pipes', async () => {
    await writeAll({ 'a.md': 'x' });
    execFileSync('mkfifo', [join(folder, 'pipe.md'), join(folder, '.gitignore')]);
    const { files, skipped } = await collectFiles(folder);
    expect(files.map(({ path }) => path)).toEqual(['a.md']);
    expect(skipped).toEqual([{ path: '.gitignore', reason: 'unreadable' }]);
  });

  it('counts ignore files that hold too much, and reads the rest', async () => {
    const many = Array.from({ length: 300_000 }, (_, i) => `file${i}.md`).join('\n');
    const slow = Array.from({ length: 19_000 }, (_, i) => `${'*a'.repeat(20)}${i}`).join('\n');
    const long = `${'a'.repeat(200)}.md`;
    await writeAll({
      'x/.gitignore': many,
      'x/file1.md': 'x',
      'y/.gitignore': slow,
      [`y/${long}`]: 'x',
    });
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const { files, skipped } = await collectFiles(folder);
    clearInterval(timer);
    expect(files.map(({ path }) => path)).toEqual(['x/file1.md', `y/${long}`]);
    expect(skipped).toEqual([
      { path: 'x/.gitignore', reason: 'more than 20,000 rules' },
      { path: 'y/.gitignore', reason: 'rules that take too long' },
    ]);
    expect(longest).toBeLessThan(2000);
  });

  it.skipIf(process.getuid?.() === 0)('counts folders it may not read', async () => {
    await writeAll({ 'secret/a.md': 'x', 'b.md': 'x' });
    await chmod(join(folder, 'secret'), 0);
    const { files, skipped } = await collectFiles(folder);
    await chmod(join(folder, 'secret'), 0o700);
    expect(files).toHaveLength(1);
    expect(skipped).toEqual([{ path: 'secret', reason: 'unreadable' }]);
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

async function paths(options: CollectOptions): Promise<string[]> {
  return (await collectFiles(folder, options)).files.map(({ path }) => path);
}

async function writeAll(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
