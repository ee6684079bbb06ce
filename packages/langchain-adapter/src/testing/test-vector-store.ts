import type { TestedKind } from './run-vector-store-case.ts';
import { isExpected, runVectorStoreCase } from './run-vector-store-case.ts';
import type { TestedStore } from './tested-store.ts';
import { vectorStoreCases } from './vector-store-cases.ts';

/** The two functions that vitest, Jest, Mocha and `node:test` agree on. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: ((name: string, body: () => Promise<void>) => unknown) & {
    readonly skip?: ((name: string, body: () => Promise<void>) => unknown) | undefined;
  };
}

export interface VectorStoreTests<Store extends TestedStore> extends TestedKind<Store> {
  readonly runner: TestRunner;
  /**
   * Cases that the store is known to fail, by subject and name, as `a search returns none for k = 0`. They must go
   * on failing: one that passes is to be taken off the list.
   */
  readonly knownFailures?: readonly string[] | undefined;
}

/**
 * Declares a test for each case. Those that need what the store does not say it can are skipped, by name.
 */
export function testVectorStore<Store extends TestedStore>({
  runner: { describe, it },
  knownFailures = [],
  ...kind
}: VectorStoreTests<Store>): void {
  const titles = vectorStoreCases.map(({ subject, name }) => `${subject} ${name}`);
  const unknown = knownFailures.filter((title) => !titles.includes(title));
  if (unknown.length > 0) {
    throw new Error(`knownFailures: got "${unknown.join('", "')}", expected names of cases.`);
  }
  for (const subject of new Set(vectorStoreCases.map((each) => each.subject))) {
    describe(subject, () => {
      for (const each of vectorStoreCases.filter((other) => other.subject === subject)) {
        const title = `${subject} ${each.name}`;
        const run = () => runVectorStoreCase(each, kind);
        if (knownFailures.includes(title)) {
          it(`${each.name} (is known to fail)`, () => failing(title, run));
        } else if (isExpected(kind, each)) {
          it(each.name, run);
        } else {
          it.skip?.(`${each.name} (needs ${each.needs.join(', ')})`, run);
        }
      }
    });
  }
}

async function failing(title: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch {
    return;
  }
  throw new Error(`knownFailures: "${title}" passes. Take it off the list.`);
}
