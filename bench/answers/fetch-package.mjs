import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Not tracked: the text of the packages is theirs. */
const cache = fileURLToPath(new URL('.cache', import.meta.url));

/**
 * Downloads a package once and unpacks its documentation.
 *
 * @returns the path of the documentation
 * @throws Error when the registry cannot be reached, or serves another archive than the questions
 *   were written for
 */
export function fetchPackage({ package: name, version, integrity, folder }) {
  const unpacked = join(cache, `${name}-${version}`);
  if (!existsSync(unpacked)) {
    mkdirSync(cache, { recursive: true });
    const draft = mkdtempSync(join(cache, 'draft-'));
    try {
      run('npm', ['pack', `${name}@${version}`, '--ignore-scripts'], draft);
      const archive = `${name}-${version}.tgz`;
      checkIntegrity(join(draft, archive), integrity);
      run('tar', ['-xzf', archive, `package/${folder}`], draft);
      // Only what is complete gets the name that the next run looks for.
      renameSync(join(draft, 'package'), unpacked);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  return join(unpacked, folder);
}

function run(command, args, cwd) {
  // On Windows npm is a script, which only a shell can start.
  execFileSync(command, args, { cwd, stdio: 'pipe', shell: process.platform === 'win32' });
}

function checkIntegrity(archive, expected) {
  const got = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (got !== expected) throw new Error(`${archive}: got ${got}, expected ${expected}.`);
}
