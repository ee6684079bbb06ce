import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configuredRegistry } from '../tools/install-matrix/lib/start-registry.mjs';
import { here, isBuilt, runNode } from './run-node.suite.ts';

/** Commands of a README, and what they print together. */
interface Session {
  readonly commands: readonly string[];
  readonly printed: string;
}

const names = readdirSync(here('.'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(here(entry.name)).includes('README.md'))
  .map(({ name }) => name);
const sessions = names.flatMap((name) =>
  sessionsOf(name).map((session) => [name, session] as const),
);
/** What has to come from a registry. */
const installing = 'workspace-consumer';
const seconds = 1000;
const hasRegistry = isBuilt && (await answers(configuredRegistry()));

it('the table has every example', () => {
  const rows = [...readFileSync(here('README.md'), 'utf8').matchAll(/^\| \[([\w-]+)\]\(\1\)/gm)];
  expect(rows.map(([, name]) => name).sort()).toEqual(names);
});

describe.skipIf(!isBuilt)('what READMEs say is printed is printed (needs a build)', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-example-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const follow = async ({ commands, printed }: Session) => {
    const lines: string[] = [];
    for (const command of commands) lines.push(...(await run(command, folder)).split('\n'));
    expect(masked(lines, printed.split('\n'))).toBe(printed);
  };

  it.each(sessions.filter(([name]) => name !== installing))(
    '%s',
    (_, session) => follow(session),
    120 * seconds,
  );

  it.skipIf(!hasRegistry)(
    `${installing} (needs a package registry)`,
    async () => {
      for (const session of sessionsOf(installing)) await follow(session);
    },
    600 * seconds,
  );
});

it('before and after HNSWLib differ in three lines', () => {
  const [before, after] = ['before', 'after'].map((name) =>
    readFileSync(here(`swap-hnswlib/${name}.mjs`), 'utf8').split('\n'),
  );
  expect(after).toHaveLength(before.length);
  const changed = before.filter((line, i) => line !== after[i]);
  expect(changed).toHaveLength(3);
  expect(changed.every((line) => line.includes('HNSWLib'))).toBe(true);
});

/** Each fenced block of `sh` with the `text` that follows; one that is not run says why behind `sh`. */
function sessionsOf(name: string): Session[] {
  const text = readFileSync(here(`${name}/README.md`), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)\n```\n+```text\n(.*?)\n```$/gms)].map(
    ([, commands, printed]) => ({ commands: commands.split('\n'), printed }),
  );
}

/** As from the root of the repository, but what it writes goes to a folder. */
function run(command: string, cwd: string): Promise<string> {
  const [program, ...args] = command.split(' ');
  expect(program).toBe('node');
  return runNode(
    args.map((arg) => (arg.startsWith('examples/') ? here(`../${arg}`) : arg)),
    // Nobody answers there, whatever runs on this machine.
    { cwd, environment: { OLLAMA_HOST: 'http://127.0.0.1:9' } },
  );
}

/** Lines as they were printed, those that are as wanted in the README's words: `…` stands for anything. */
function masked(lines: readonly string[], wanted: readonly string[]): string {
  return lines
    .map((line, i) => (patternOf(wanted[i] ?? '').test(line) ? wanted[i] : line))
    .join('\n');
}

function patternOf(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

async function answers(registry: string): Promise<boolean> {
  const address = new URL('@langchain%2fcore', registry);
  return fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(5 * seconds) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
