// Whether the packed packages work in what people build and run with.
// Usage: node tools/install-matrix/consumers.mjs [--repo DIR] [--work DIR] [--out DIR]
//          [--add PACKAGE]... [--override NAME=RANGE]... [--only TEXT] [--name REPORT]
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failureList } from './lib/failure-list.mjs';
import { firstErrorLines } from './lib/first-error-lines.mjs';
import { installPacked } from './lib/install-packed.mjs';
import { listConsumers, tools } from './lib/list-consumers.mjs';
import { markdownTable } from './lib/markdown-table.mjs';
import { packPackages } from './lib/pack-packages.mjs';
import { readOptions } from './lib/read-options.mjs';
import { runCommand } from './lib/run-command.mjs';
import { startRegistry } from './lib/start-registry.mjs';
import { writeReport } from './lib/write-report.mjs';

const { repo, work, out, ...options } = readOptions({
  add: { type: 'string', multiple: true, default: [] },
  override: { type: 'string', multiple: true, default: [] },
  only: { type: 'string', default: '' },
  name: { type: 'string', default: 'consumers' },
});
const packed = packPackages(repo, join(work, 'packs'));
const registry = await startRegistry(packed, join(work, 'registry'));
const { folder, env, failed } = await installPacked({
  work,
  name: 'consumers',
  registry: registry.origin,
  packages: [
    '@bitryoshka/langchain',
    '@bitryoshka/transformers',
    '@langchain/core',
    ...options.add,
  ],
  tools,
  manifest: { overrides: Object.fromEntries(options.override.map((text) => text.split('='))) },
});
const hide = [folder, work];
const failures = failed.map(([name, { output }]) => ({
  name,
  lines: firstErrorLines(output, { hide }),
}));
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
for (const name of ['check.mjs', 'program.mjs']) cpSync(join(fixtures, name), join(folder, name));
cpSync(join(fixtures, 'consumers'), folder, { recursive: true });

const results = [];
for (const consumer of listConsumers(folder)) {
  if (!consumer.name.includes(options.only)) continue;
  console.error(consumer.name);
  results.push({ name: consumer.name, ...(await tryConsumer(consumer)) });
}
registry.close();

const mark = (passed) => (passed === undefined ? '' : passed ? 'passes' : '**fails**');
const table = markdownTable(
  ['consumer', 'works', 'bundle works without node_modules', 's'],
  results.map(({ name, works, worksAlone, seconds }) => [
    name,
    mark(works),
    mark(worksAlone),
    seconds.toFixed(1),
  ]),
);
const note = `Node ${process.versions.node}, added: ${options.add.join(', ') || 'none'}, overrides: ${options.override.join(', ') || 'none'}.`;
console.log(
  writeReport(
    out,
    options.name,
    ['# Consumers', note, '', table, '', failureList(failures)].join('\n'),
    { node: process.version, add: options.add, override: options.override, results, failures },
  ),
);

async function tryConsumer({ name, commands, out: bundle, entry, external }) {
  let seconds = 0;
  const attempt = async (label, command, cwd) => {
    const result = await runCommand(command, { cwd, env, timeout: 120_000 });
    seconds += result.seconds;
    if (!result.ok) {
      const lines = firstErrorLines(result.output, { hide });
      failures.push({ name: label, lines });
    }
    return result.ok;
  };
  for (const command of commands) {
    if (!(await attempt(name, command, folder))) return { works: false, seconds };
  }
  if (!bundle) return { works: true, seconds };
  const run = [process.execPath, entry];
  const works = await attempt(`${name}: bundle`, run, join(folder, bundle));
  if (external) return { works, seconds };
  // Deep enough that a path relative to the bundle does not leave this folder.
  const alone = join(work, 'alone');
  const away = join(alone, 'srv', 'app', 'dist');
  rmSync(alone, { recursive: true, force: true });
  mkdirSync(away, { recursive: true });
  cpSync(join(folder, bundle), away, { recursive: true });
  const worksAlone = await attempt(`${name}: bundle without node_modules`, run, away);
  return { works, worksAlone, seconds };
}
