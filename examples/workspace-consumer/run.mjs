// Packs what was built, and installs it into a copy of this workspace, as from a registry. Usage: node run.mjs [FOLDER]
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../../tools/install-matrix/lib/clean-environment.mjs';
import { packPackages } from '../../tools/install-matrix/lib/pack-packages.mjs';
import { runCommand } from '../../tools/install-matrix/lib/run-command.mjs';
import { startRegistry } from '../../tools/install-matrix/lib/start-registry.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const repo = here('../..');
const { packageManager } = JSON.parse(await readFile(join(repo, 'package.json'), 'utf8'));
const work = process.argv[2] ?? (await mkdtemp(join(tmpdir(), 'workspace-consumer-')));
const folder = join(work, 'workspace');
for (const path of ['package.json', 'pnpm-workspace.yaml', 'packages']) {
  await cp(here(path), join(folder, path), { recursive: true });
}

const packages = packPackages(repo, join(work, 'packs'), { isBuilt: true });
const registry = await startRegistry(packages, join(work, 'registry'));
const env = { ...cleanEnvironment(join(work, 'home')), NPM_CONFIG_REGISTRY: registry.origin };
try {
  await run(['npx', '-y', packageManager, 'install']);
  console.log(`installed ${packages.map(({ manifest }) => manifest.name).join(', ')}`);
  console.log(await run([process.execPath, 'packages/app/app.mjs']));
  const help = await run([
    'npx',
    '-y',
    packageManager,
    '--filter',
    '@example/app',
    'exec',
    'bitryoshka',
    '--version',
  ]);
  console.log(`bitryoshka ${help}`);
} finally {
  registry.close();
  if (process.argv[2] === undefined) await rm(work, { recursive: true });
}

async function run(command) {
  const { ok, output } = await runCommand(command, { cwd: folder, env });
  if (!ok) throw new Error(`${command.join(' ')}:\n${output}`);
  return output.trim();
}
