// `pnpm test`: every check a change must pass, in the order in which a failure is cheapest to see.
// The unit tests come last because their closing line, `N passed, N failed`, must be the last one.
import { spawnSync } from 'node:child_process';

const steps = ['build', 'lint', 'typecheck', 'unused', 'pack:check', 'size', 'test:unit'];

for (const step of steps) {
  console.log(`\n── ${step}`);
  const { status } = spawnSync('pnpm', ['run', '--silent', step], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(`\n"pnpm ${step}" failed: see above.`);
    // The unit tests have printed their own tally.
    if (step !== 'test:unit') console.log('0 passed, 1 failed');
    process.exit(status ?? 1);
  }
}
