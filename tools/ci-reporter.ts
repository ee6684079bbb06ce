import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with the one plain line that any CI can count: `N passed, N failed, N skipped`. */
export default class CiReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) tally.failed++;
      for (const test of module.children.allTests()) tally[test.result().state]++;
    }
    const skipped = tally.skipped + tally.pending;
    console.log(
      `${tally.passed} passed, ${tally.failed} failed${skipped ? `, ${skipped} skipped` : ''}`,
    );
  }
}
