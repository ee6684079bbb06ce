// Whether a package exports, once packed, what it exports in the workspace: all but its sources. The two are
// written twice in package.json, and only the latter is what the tests see.
// Usage: node ../../tools/check-packed-exports.mjs   (in the folder of a package, started by pnpm)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const sourceCondition = '@bitryoshka/source';

const folder = mkdtempSync(join(tmpdir(), 'packed-'));
try {
  execFileSync('pnpm', ['pack', '--pack-destination', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  // In the folder of the tarball: to some `tar`s, a path with a colon is a remote one.
  const manifest = execFileSync('tar', ['-xOf', ...readdirSync(folder), 'package/package.json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const packed = JSON.parse(manifest).exports;
  const wanted = withoutSources(JSON.parse(readFileSync('package.json', 'utf8')).exports);
  const differing = [...new Set([...Object.keys(wanted), ...Object.keys(packed)])].filter(
    // The order of conditions counts.
    (entry) => JSON.stringify(packed[entry]) !== JSON.stringify(wanted[entry]),
  );
  if (differing.length > 0) {
    console.error(
      `exports: got others once packed for ${differing.join(', ')}, expected those of the workspace but for ${sourceCondition}. Correct publishConfig.exports.`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

function withoutSources(entries) {
  return Object.fromEntries(
    Object.entries(entries).map(([name, target]) => {
      if (typeof target === 'string') return [name, target];
      const { [sourceCondition]: _, ...conditions } = target;
      return [name, conditions];
    }),
  );
}
