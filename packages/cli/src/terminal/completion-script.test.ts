import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionScript } from './completion-script.ts';
import { temporaryFolder } from './temporary-folder.suite.ts';

const folder = temporaryFolder();

const program = new Command('birds');
program
  .command('feed')
  .summary("give them [what they're] to eat: seeds")
  .argument('<folder...>', 'where they are')
  .option('--k <number>', 'how many')
  .addOption(new Option('--what <food>', 'the food').choices(['seeds', 'worms']))
  .option('--out <file>', 'a list')
  .option('--index <folder>', 'where')
  .option('--json', 'as data');
program.command('count').summary('how many there are').argument('<path>', 'where');

const runs = (shell: string) => spawnSync(shell, ['--version']).status === 0;

describe('completionScript', () => {
  it.runIf(runs('bash'))('completes in bash', async () => {
    await folder.write('notes.txt', '');
    await mkdir(join(folder.path, 'my nest'));
    expect(bash('birds', '')).toEqual(['feed', 'count']);
    expect(bash('birds', 'f')).toEqual(['feed']);
    expect(bash('birds', 'feed', '--')).toEqual(['--k', '--what', '--out', '--index', '--json']);
    expect(bash('birds', 'feed', '--what', '')).toEqual(['seeds', 'worms']);
    expect(bash('birds', 'feed', '--what', 'w')).toEqual(['worms']);
    expect(bash('birds', 'feed', '')).toEqual(['my nest']);
    expect(bash('birds', 'feed', '--out', 'n')).toEqual(['notes.txt']);
    expect(bash('birds', 'feed', '--index', 'n')).toEqual([]);
    expect(bash('birds', 'feed', '--k', '')).toEqual([]);
    expect(bash('birds', 'count', '').sort()).toEqual(['my nest', 'notes.txt']);
  });

  it.runIf(runs('zsh'))('is one that zsh takes', () => {
    const { status, stderr } = spawnSync('zsh', ['-n'], {
      input: completionScript(program, 'zsh'),
    });
    expect([status, String(stderr)]).toEqual([0, '']);
  });

  it('says in zsh what follows', () => {
    const script = completionScript(program, 'zsh');
    expect(script).toContain(`'feed:give them \\[what they'\\''re\\] to eat\\: seeds'`);
    expect(script).toContain(`'--what[the food]:value:(seeds worms)'`);
    expect(script).toContain(`'--index[where]:value:_files -/'`);
    expect(script).toContain(`'*:argument:_files -/'`);
  });

  it.runIf(runs('fish'))('completes in fish', async () => {
    await folder.write('notes.txt', '');
    await mkdir(join(folder.path, 'nest'));
    expect(fish('birds ')).toEqual(['count', 'feed']);
    expect(fish('birds feed --')).toEqual(['--index', '--json', '--k', '--out', '--what']);
    expect(fish('birds feed --what ')).toEqual(['seeds', 'worms']);
    expect(fish('birds feed --index n')).toEqual(['nest/']);
    expect(fish('birds feed n')).toEqual(['nest/']);
    expect(fish('birds feed --out n')).toEqual(['nest/', 'notes.txt']);
    expect(fish('birds feed --k ')).toEqual([]);
    expect(fish('birds count n')).toEqual(['nest/', 'notes.txt']);
  });
});

/** What is offered for the last of these words. */
function bash(...words: string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ');
  const script = `${completionScript(program, 'bash')}
    COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _birds; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync('bash', ['-c', script], { cwd: folder.path });
  return String(stdout).split('\n').filter(Boolean);
}

function fish(typed: string): string[] {
  const script = `${completionScript(program, 'fish')}\ncomplete -C '${typed}'`;
  const { stdout } = spawnSync('fish', ['--no-config', '-c', script], { cwd: folder.path });
  const lines = String(stdout).split('\n').filter(Boolean);
  return lines.map((line) => line.split('\t')[0] ?? '').sort();
}
