import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from './find-executable.mjs';

export const tools = [
  'esbuild',
  'webpack@5',
  'vite',
  'rollup',
  '@rollup/plugin-node-resolve',
  '@rollup/plugin-commonjs',
  '@rollup/plugin-json',
  'jest@30',
  'vitest',
  'deno',
  'bun',
  '@sparticuz/chromium',
  'playwright-core',
];

/**
 * Everything that is to run the check: `commands` one after the other, all to succeed; for bundles
 * `out`, the folder that must also run where no node_modules are in reach, and `entry` in it, and
 * `external` for those that leave packages where they are.
 */
export function listConsumers(folder) {
  const node = process.execPath;
  const nodeModules = join(folder, 'node_modules');
  const bin = (...path) => [node, join(nodeModules, ...path)];
  const bundle = (name, script, file, ...args) => ({
    name,
    commands: [[node, `bundle-${script}.mjs`, ...args, file]],
    out: file.replace(/\/[^/]+$/, ''),
    entry: file.split('/').at(-1),
  });
  const vite = (name, out, packages) => ({
    name,
    commands: [[node, 'bundle-vite-ssr.mjs', out, packages]],
    out,
    entry: 'program.mjs',
    external: packages === 'external',
  });
  const jest = (file) => [
    ...bin('jest', 'bin', 'jest.js'),
    '--rootDir',
    folder,
    '--testMatch',
    `**/${file}`,
  ];
  const executable = (...path) => findExecutable(nodeModules, ...path) ?? path.join('/');

  return [
    { name: 'Node, ES module', commands: [[node, 'program.mjs']] },
    {
      name: 'Node, `--input-type=module -e`',
      commands: [
        [node, '--input-type=module', '-e', readFileSync(join(folder, 'program.mjs'), 'utf8')],
      ],
    },
    { name: 'Node, `require()`', commands: [[node, 'require.cjs']] },
    { name: 'Node, 4 worker threads at once', commands: [[node, 'workers.mjs']] },
    { name: 'Deno', commands: [[executable('@deno', 'deno'), 'run', '-A', 'program.mjs']] },
    { name: 'Bun', commands: [[executable('@oven', 'bin/bun'), 'program.mjs']] },
    bundle('esbuild, esm', 'esbuild', 'out/esbuild-esm/program.mjs', 'esm'),
    bundle('esbuild, cjs', 'esbuild', 'out/esbuild-cjs/program.cjs', 'cjs'),
    bundle('Rollup', 'rollup', 'out/rollup/program.mjs'),
    bundle('webpack 5', 'webpack', 'out/webpack/program.cjs'),
    vite('Vite SSR', 'out/vite-ssr', 'external'),
    vite('Vite SSR, packages bundled', 'out/vite-ssr-bundled', 'bundled'),
    { name: 'Vite client, build', commands: [[node, 'bundle-vite-client.mjs', 'out/vite-client']] },
    { name: 'Vite client, in Chromium', commands: [[node, 'chromium.mjs', 'out/vite-client']] },
    { name: 'Jest 30, `require()`', commands: [jest('require.test.cjs')] },
    { name: 'Jest 30, `import()`', commands: [jest('import.test.cjs')] },
    {
      name: 'Jest 30, `--experimental-vm-modules`',
      commands: [jest('esm.test.mjs').toSpliced(1, 0, '--experimental-vm-modules')],
    },
    {
      name: 'Vitest',
      commands: [[...bin('vitest', 'vitest.mjs'), 'run', '--globals', 'esm.test.mjs']],
    },
  ];
}
