import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { heedClosedOutput } from './closed-output.ts';

const command = fileURLToPath(new URL('../../bin/bitryoshka.js', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../dist/main.js', import.meta.url)));

it('listens once, however many commands run', () => {
  heedClosedOutput();
  const listeners = process.stdout.listenerCount('error');
  heedClosedOutput();
  expect(process.stdout.listenerCount('error')).toBe(listeners);
});

it.skipIf(!isBuilt || process.platform === 'win32')(
  'ends without a word where nobody reads (needs a build)',
  () => {
    const piped = `"${process.execPath}" "${command}" completion bash | true; exit \${PIPESTATUS[0]}`;
    expect(execFileSync('bash', ['-c', `${piped} 2>&1`], { encoding: 'utf8' })).toBe('');
  },
);
