import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * What the three commands share: `--repo` (default: this workspace), `--work` (default: a new
 * temporary folder) and `--out` (default: `--work`), as absolute paths that exist.
 */
export function readOptions(extra = {}) {
  const { values } = parseArgs({
    options: {
      repo: { type: 'string', default: fileURLToPath(new URL('../../..', import.meta.url)) },
      work: { type: 'string' },
      out: { type: 'string' },
      ...extra,
    },
  });
  const work = resolve(values.work ?? mkdtempSync(join(tmpdir(), 'install-matrix-')));
  const out = resolve(values.out ?? work);
  for (const folder of [work, out]) mkdirSync(folder, { recursive: true });
  // Some bundlers and package managers resolve links, and paths are compared.
  return { ...values, repo: resolve(values.repo), work: realpathSync(work), out };
}
