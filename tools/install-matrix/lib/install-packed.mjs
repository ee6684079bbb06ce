import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment } from './clean-environment.mjs';
import { runCommand } from './run-command.mjs';

/**
 * One folder with the packed packages, installed by npm, and with what tests them.
 *
 * @param manifest of the folder: `overrides`, say
 * @returns the folder, its environment, and what failed on the way: where a script fails, the rest
 *   goes on with packages whose scripts have not run
 */
export async function installPacked({ work, name, registry, packages, tools, manifest = {} }) {
  const folder = join(work, name);
  const home = join(work, `${name}-home`);
  for (const path of [folder, home]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));
  const env = { ...cleanEnvironment(home), NPM_CONFIG_REGISTRY: registry };
  const install = (...args) => runCommand(['npm', 'install', ...args], { cwd: folder, env });

  const plain = await install(...packages);
  const steps = [['install', plain]];
  if (!plain.ok)
    steps.push(['install without scripts', await install('--ignore-scripts', ...packages)]);
  if (tools.length > 0) {
    steps.push(['install of the tools', await install('--ignore-scripts', ...tools)]);
  }
  return { folder, env, failed: steps.filter(([, { ok }]) => !ok) };
}
