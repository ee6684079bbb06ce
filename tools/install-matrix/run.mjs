// What an install costs and whether it works, per package manager and per library added.
// Usage: node tools/install-matrix/run.mjs [--repo DIR] [--work DIR] [--out DIR]
//          [--model FOLDER --expected QUERIES.f32] [--only TEXT]
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeCells } from './lib/describe-cells.mjs';
import { installManagers } from './lib/install-managers.mjs';
import { measureCommandLine } from './lib/measure-command-line.mjs';
import { measureInstall } from './lib/measure-install.mjs';
import { packPackages } from './lib/pack-packages.mjs';
import { readExpected } from './lib/read-expected.mjs';
import { readOptions } from './lib/read-options.mjs';
import { startRegistry } from './lib/start-registry.mjs';
import { writeReport } from './lib/write-report.mjs';

const own = ['@bitryoshka/langchain', '@bitryoshka/transformers', '@langchain/core'];
const asked = [
  { name: '@langchain/core alone', packages: ['@langchain/core'] },
  { name: 'bundled model', packages: own },
  ...[
    '@huggingface/transformers@4',
    '@huggingface/transformers@3',
    '@xenova/transformers@2.17',
  ].map((library) => ({ name: `+ ${library}`, packages: [...own, library], library })),
];

const options = readOptions({
  model: { type: 'string' },
  expected: { type: 'string' },
  only: { type: 'string', default: '' },
});
const { repo, work, out } = options;
const expected = options.model &&
  options.expected && {
    model: resolve(options.model),
    ...readExpected(resolve(options.expected), 5),
  };

const packages = packPackages(repo, join(work, 'packs'));
const registry = await startRegistry(packages, join(work, 'registry'));
const managers = await installManagers(join(work, 'managers'), registry.origin);
const cells = join(work, 'cells');
rmSync(cells, { recursive: true, force: true });

const results = [];
for (const manager of managers) {
  for (const [position, request] of asked.entries()) {
    await measure(measureInstall, manager, request, `${manager.name} ${position}`);
  }
}
for (const manager of managers.filter(({ execute }) => execute)) {
  await measure(measureCommandLine, manager, { name: 'bitryoshka search' }, `${manager.name} cli`);
}
registry.close();
console.log(report());

/** Written after each cell: a run takes long, and what a stopped one has learned is kept. */
function report() {
  const data = { node: process.version, cells: results };
  return writeReport(out, 'install', describeCells(results, managers), data);
}

/** One cell; nothing it does stops the rest. */
async function measure(how, manager, request, name) {
  const title = `${manager.name}: ${request.name}`;
  // Sizes are told beyond those of the first request, which is therefore always made.
  if (!title.includes(options.only) && request !== asked[0]) return;
  console.error(title);
  const place = join(cells, name.replaceAll(' ', '-'));
  const cell = { manager: manager.name, asked: request.name };
  try {
    Object.assign(cell, await how({ manager, request, place, work, expected }));
  } catch (error) {
    cell.failures = [{ step: 'cell', lines: [String(error)] }];
  }
  results.push(cell);
  report();
  // The JSON keeps what was learned; folders of a gigabyte each are not needed.
  rmSync(place, { recursive: true, force: true });
}
