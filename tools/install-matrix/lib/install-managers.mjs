import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderBytes } from './folder-bytes.mjs';
import { runCommand } from './run-command.mjs';

const versions = { pnpm: '10', 'yarn-classic': 'npm:yarn@1.22.22', '@yarnpkg/cli-dist': '4' };

/**
 * The package managers, each as commands to start: npm is the machine's, the others are installed
 * into a folder of their own, so that an empty home does not make cells fetch them.
 */
export async function installManagers(folder, registry) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: versions }));
  const installed = await runCommand(['npm', 'install', '--registry', registry], { cwd: folder });
  if (!installed.ok) throw new Error(installed.output);
  const bin = (...parts) => [process.execPath, join(folder, 'node_modules', ...parts)];
  const pnpm = bin('pnpm', 'bin', 'pnpm.cjs');
  const yarn1 = bin('yarn-classic', 'bin', 'yarn.js');
  const yarn4 = bin('@yarnpkg/cli-dist', 'bin', 'yarn.js');
  const version = (name) =>
    JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
  const npmVersion = (await runCommand(['npm', '--version'])).output.trim();
  const nodeModules = (cell) => folderBytes(join(cell, 'node_modules'));

  return [
    {
      name: 'npm',
      version: npmVersion,
      environment: { NPM_CONFIG_REGISTRY: registry },
      add: ['npm', 'install'],
      withoutScripts: ['--ignore-scripts'],
      node: [process.execPath],
      bytes: nodeModules,
      execute: ['npm', 'exec', '--yes', '--'],
      executed: (home) => join(home, '.npm', '_npx'),
    },
    {
      name: 'pnpm',
      version: version('pnpm'),
      environment: { NPM_CONFIG_REGISTRY: registry },
      add: [...pnpm, 'add'],
      withoutScripts: ['--ignore-scripts'],
      node: [process.execPath],
      bytes: nodeModules,
      execute: [...pnpm, 'dlx'],
      executed: (home) => join(home, '.cache', 'pnpm', 'dlx'),
    },
    {
      name: 'yarn 1',
      version: version('yarn-classic'),
      environment: { YARN_REGISTRY: registry },
      add: [...yarn1, 'add', '--non-interactive'],
      withoutScripts: ['--ignore-scripts'],
      node: [process.execPath],
      bytes: nodeModules,
    },
    {
      name: 'yarn 4 PnP',
      version: version('@yarnpkg/cli-dist'),
      environment: {
        YARN_NPM_REGISTRY_SERVER: registry,
        YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
        YARN_ENABLE_TELEMETRY: '0',
      },
      add: [...yarn4, 'add'],
      // `yarn add` has no such flag: the same setting by its name.
      withoutScripts: [],
      withoutScriptsEnvironment: { YARN_ENABLE_SCRIPTS: '0' },
      node: [...yarn4, 'node'],
      /** An empty lockfile makes a folder a project of its own, as `yarn init` does. */
      files: { 'package.json': '{ "name": "cell", "private": true }', 'yarn.lock': '' },
      bytes: (cell, home) =>
        ['.yarn', '.pnp.cjs', '.pnp.loader.mjs'].reduce(
          (sum, name) => sum + folderBytes(join(cell, name)),
          folderBytes(join(home, '.yarn', 'berry', 'cache')),
        ),
    },
  ].map((manager) => ({ files: {}, withoutScriptsEnvironment: {}, ...manager }));
}
