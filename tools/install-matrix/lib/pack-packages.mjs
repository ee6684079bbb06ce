import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Builds the workspace, unless it is built, and packs each of its packages as it would be published.
 *
 * @returns `{ manifest, file }` of each tarball
 */
export function packPackages(repo, destination, { isBuilt = false } = {}) {
  const { packageManager } = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8'));
  const pnpm = (args, cwd) =>
    execFileSync('npx', ['-y', packageManager, ...args], {
      cwd,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  if (!isBuilt) {
    if (!existsSync(join(repo, 'node_modules'))) pnpm(['install'], repo);
    pnpm(['run', 'build'], repo);
  }

  rmSync(destination, { recursive: true, force: true });
  mkdirSync(destination, { recursive: true });
  for (const name of readdirSync(join(repo, 'packages'))) {
    const folder = join(repo, 'packages', name);
    if (!isPublished(join(folder, 'package.json'))) continue;
    pnpm(['pack', '--pack-destination', destination], folder);
  }
  return readdirSync(destination)
    .map((name) => join(destination, name))
    .map((file) => ({ file, manifest: readManifest(file) }));
}

function isPublished(manifest) {
  return existsSync(manifest) && !JSON.parse(readFileSync(manifest, 'utf8')).private;
}

function readManifest(file) {
  return JSON.parse(
    execFileSync('tar', ['xOf', file, 'package/package.json'], { encoding: 'utf8' }),
  );
}
