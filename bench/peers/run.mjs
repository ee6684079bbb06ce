// `pnpm bench:peers`: installs the peers on first use, outside the workspace, and starts the comparison.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installPeers } from './install.mjs';

installPeers();
const { status } = spawnSync(
  process.execPath,
  [fileURLToPath(new URL('compare.mjs', import.meta.url)), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
