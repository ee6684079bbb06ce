import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FoundPassage } from '../library/find-passages.ts';
import type { KeptIndex } from '../library/kept-indexes.ts';
import { main } from '../main.ts';
import { bundledCommand } from '../terminal/bundled-command.suite.ts';
import { captureOutput, collectText } from '../terminal/capture-output.suite.ts';
import { temporaryFolder } from '../terminal/temporary-folder.suite.ts';

const command = bundledCommand();
const output = captureOutput();
const folder = temporaryFolder();

describe('index, list and clear', () => {
  it('index makes the index that search uses, and says what became of it', async () => {
    const notes = await someNotes();
    await bitryoshka('index', notes);
    expect(output.printed).toMatch(/notes: 3 passages of 3 files\n {2}3 read, in \d+\.\d s\n/);
    expect(output.printed).toMatch(/ {2}index: .*cache.*, \d+\.?\d* kB\n/);
    await bitryoshka('search', notes, 'How do I restart the router?');
    expect(output.complained).toMatch(/nothing changed/);
    output.printed = '';
    await bitryoshka('index', notes, '--json');
    expect(JSON.parse(output.printed)).toMatchObject([
      { folder: notes, files: 3, passages: 3, filesRead: 0, filesRemoved: 0, skipped: [] },
    ]);
  });

  it('index takes several folders, but not one place for all', async () => {
    const notes = await someNotes();
    const more = join(folder.path, 'more');
    await cp(notes, more, { recursive: true });
    await bitryoshka('index', notes, more);
    expect(output.printed).toMatch(/notes: 3 passages.*more: 3 passages/s);
    await bitryoshka('index', notes, more, '--index', join(folder.path, 'here'));
    expect(output.complained).toMatch(/got one place for 2 folders/);
    expect(process.exitCode).toBe(1);
  });

  it('list shows what is kept, clear removes it', async () => {
    const notes = await someNotes();
    await bitryoshka('list');
    expect(output.printed).toMatch(/^No index is kept in/);
    await bitryoshka('index', notes);
    await bitryoshka('index', notes, '--bits', '64');
    const garden = join(folder.path, 'garden');
    await folder.write('garden/bees.md', 'Feed the bees.');
    await bitryoshka('index', garden);
    const kept = await list();
    expect(kept.map((each) => [each.folder, each.passages, each.bits])).toEqual([
      [garden, 1, undefined],
      [notes, 3, 64],
      [notes, 3, undefined],
    ]);
    expect(kept[0]?.bytes).toBeGreaterThan(1000);
    output.printed = '';
    await bitryoshka('list');
    expect(output.printed).toMatch(
      /notes +│ +3 │ +3 │ +\d+\.?\d* kB │ +(just now|.* ago) │ +│ +64 │/,
    );

    await bitryoshka('clear', notes);
    expect((await list()).map((each) => each.folder)).toEqual([garden]);
    await bitryoshka('clear', notes);
    expect(output.complained).toMatch(/notes: got no index of it/);
    await bitryoshka('clear');
    expect(await list()).toEqual([]);
    expect(await readdir(join(folder.path, 'cache/bitryoshka/search'))).toEqual([]);
    expect(await readdir(notes)).toHaveLength(3);
  });

  it('clear removes nothing that was not written by a command', async () => {
    const notes = await someNotes();
    const index = join(folder.path, 'kept');
    await bitryoshka('index', notes, '--index', index);
    const mine = await folder.write('kept/mine.txt', 'keep me');
    await bitryoshka('clear', '--index', index);
    expect(await readdir(index)).toEqual(['mine.txt']);
    expect(await readFile(mine, 'utf8')).toBe('keep me');
    // Neither a store of a program nor what only looks like the cache.
    const other = join(folder.path, 'cache/bitryoshka/search/0123456789abcdef');
    await mkdir(other, { recursive: true });
    await writeFile(join(other, 'bitryoshka.json'), '{}');
    await bitryoshka('clear');
    expect(await readdir(other)).toEqual(['bitryoshka.json']);
    await bitryoshka('clear', '--index', other);
    expect(output.complained).toMatch(/got no index of a folder/);
  });
});

describe('search without a question', () => {
  it('loads once and answers every line', async () => {
    const notes = await someNotes();
    const child = spawn(process.execPath, [command.path, 'search', notes, '--json', '--k', '1'], {
      env: folder.env,
    });
    const [printed] = [collectText(child.stdout)];
    child.stdin.end('How do I restart the router?\n\nWhen are tomatoes watered?\n');
    expect(await once(child, 'close')).toEqual([0, null]);
    const answers = printed.text.trim().split(/(?<=^\])\n/m);
    const sources = answers.map((json) => (JSON.parse(json) as FoundPassage[])[0]?.source);
    expect(sources).toEqual(['router.md', 'garden.html']);
  });
});

describe('watch', () => {
  it('indexes again when files change, until it is ended', async () => {
    const notes = await someNotes();
    const child = spawn(process.execPath, [command.path, 'watch', notes], { env: folder.env });
    const [printed, complained] = [collectText(child.stdout), collectText(child.stderr)];
    await complained.includes('Watching');
    expect(printed.text).toMatch(/3 read: 3 passages of 3 files\n/);
    await folder.write('notes/deep/rent.md', 'The rent is due on the third.');
    await printed.includes('1 read: 4 passages of 4 files\n');
    await rm(join(notes, 'garden.html'));
    await printed.includes('1 changed or gone: 3 passages of 3 files\n');
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    await bitryoshka('search', notes, 'When is the rent due?');
    expect(output.complained).toMatch(/nothing changed/);
    expect(output.printed).toMatch(/deep\/rent\.md/);
  });
});

async function someNotes(): Promise<string> {
  await folder.write(
    'notes/router.md',
    '# Office\n## Network\nHold the button to restart the router.',
  );
  await folder.write(
    'notes/garden.html',
    '<h1>Garden</h1><p>Water the tomatoes in the morning.</p>',
  );
  await folder.write('notes/kettle.txt', 'The kettle boils water in three minutes.');
  return join(folder.path, 'notes');
}

function bitryoshka(...args: string[]): Promise<void> {
  return main(['node', 'bitryoshka', ...args]);
}

async function list(): Promise<KeptIndex[]> {
  output.printed = '';
  await bitryoshka('list', '--json');
  return JSON.parse(output.printed) as KeptIndex[];
}
