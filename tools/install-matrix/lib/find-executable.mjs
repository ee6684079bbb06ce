import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Packages of one scope carry one binary each; npm installs those that fit this machine. */
export function findExecutable(nodeModules, scope, path) {
  const folder = join(nodeModules, scope);
  const fits = existsSync(folder)
    ? readdirSync(folder).find((name) => existsSync(join(folder, name, path)))
    : undefined;
  return fits === undefined ? undefined : join(folder, fits, path);
}
