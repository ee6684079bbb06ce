import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));

/** Installs the libraries to compare with, outside the workspace, unless they are there as the lockfile has them. */
export function installPeers() {
  const [installed, lockfile] = ['node_modules/.modules.yaml', 'pnpm-lock.yaml'].map((file) =>
    join(folder, file),
  );
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  console.log('Installing the libraries to compare with (about 750 MB, once) …');
  execFileSync(
    'npx',
    ['-y', 'pnpm@10.34.8', 'install', '--ignore-workspace', '--dangerously-allow-all-builds'],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
}
