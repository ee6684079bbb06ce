// `pnpm bench:peers`: installs the peers on first use, outside the workspace, and starts the comparison.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(folder, 'node_modules'))) {
  console.log('Installing the libraries to compare with (about 750 MB, once) …');
  execFileSync(
    'npx',
    ['-y', 'pnpm@10.34.8', 'install', '--ignore-workspace', '--dangerously-allow-all-builds'],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
}
const { status } = spawnSync(
  process.execPath,
  [join(folder, 'compare.mjs'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
