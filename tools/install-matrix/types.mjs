// Whether TypeScript programs find and accept the types of the packed packages.
// Usage: node tools/install-matrix/types.mjs [--repo DIR] [--work DIR] [--out DIR]
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failureList } from './lib/failure-list.mjs';
import { installPacked } from './lib/install-packed.mjs';
import { markdownTable } from './lib/markdown-table.mjs';
import { packPackages } from './lib/pack-packages.mjs';
import { readOptions } from './lib/read-options.mjs';
import { runCommand } from './lib/run-command.mjs';
import { startRegistry } from './lib/start-registry.mjs';
import { writeReport } from './lib/write-report.mjs';

const compilers = { 'typescript-5.9': '5.9', 'typescript-latest': 'latest' };
const modules = { bundler: 'esnext', node16: 'node16', nodenext: 'nodenext' };

const { repo, work, out } = readOptions();
const packed = packPackages(repo, join(work, 'packs'));
const registry = await startRegistry(packed, join(work, 'registry'));
const { folder, env } = await installPacked({
  work,
  name: 'types',
  registry: registry.origin,
  packages: [
    '@bitryoshka/core',
    '@bitryoshka/langchain',
    '@bitryoshka/transformers',
    '@langchain/core',
    '@langchain/langgraph-checkpoint',
  ],
  tools: [
    '@types/node@20',
    ...Object.entries(compilers).map(([name, version]) => `${name}@npm:typescript@${version}`),
  ],
});
registry.close();

const fixture = fileURLToPath(new URL('fixtures/types/consumer.ts', import.meta.url));
const failures = [];
const rows = [];
for (const compiler of Object.keys(compilers)) {
  const root = join(folder, 'node_modules', compiler);
  const { version, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const type of ['module', 'commonjs']) {
    for (const [moduleResolution, module] of Object.entries(modules)) {
      const name = `${version}, ${type}, ${moduleResolution}`;
      console.error(name);
      const project = join(folder, name.replace(/[^a-z0-9]+/g, '-'));
      mkdirSync(project);
      cpSync(fixture, join(project, 'consumer.ts'));
      writeFileSync(join(project, 'package.json'), JSON.stringify({ type }));
      const [checked, skipped] = await Promise.all(
        [false, true].map((skipLibCheck) =>
          compile(project, [process.execPath, join(root, bin.tsc)], {
            moduleResolution,
            module,
            skipLibCheck,
          }),
        ),
      );
      rows.push({ version, type, moduleResolution, checked, skipped });
      const lines = [...new Set([...skipped, ...checked])];
      if (lines.length > 0) failures.push({ name, lines: lines.slice(0, 8) });
    }
  }
}

const mark = (lines) => (lines.length === 0 ? 'passes' : `**fails** (${lines.length})`);
const table = markdownTable(
  ['TypeScript', 'package', 'moduleResolution', 'strict', 'strict, skipLibCheck'],
  rows.map(({ version, type, moduleResolution, checked, skipped }) => [
    version,
    type,
    moduleResolution,
    mark(checked),
    mark(skipped),
  ]),
);
console.log(
  writeReport(out, 'types', ['# Types', '', table, '', failureList(failures)].join('\n'), {
    rows,
    failures,
  }),
);

/** @returns the errors, one a line */
async function compile(project, compiler, { skipLibCheck, ...options }) {
  const config = join(project, `tsconfig.${skipLibCheck}.json`);
  const compilerOptions = {
    ...options,
    skipLibCheck,
    strict: true,
    noEmit: true,
    target: 'es2022',
    types: ['node'],
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  const { ok, output } = await runCommand([...compiler, '-p', config], { cwd: project, env });
  const lines = output.split('\n').filter((line) => /error/i.test(line));
  if (ok) return [];
  return (lines.length > 0 ? lines : [output.slice(0, 300)]).map((line) =>
    line.replaceAll(folder, '…'),
  );
}
