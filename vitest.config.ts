import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests run against the packages' sources, so they never need a build first.
const conditions = ['@bitryoshka/source', 'module', 'node', 'default'];

/** The same adapter tests once more, with the oldest supported major of @langchain/core. */
const langchainCore0 = {
  find: /^@langchain\/core(?=\/|$)/,
  replacement: fileURLToPath(
    new URL('./packages/langchain-adapter/node_modules/langchain-core-0', import.meta.url),
  ),
};

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    reporters: ['default', './tools/ci-reporter.ts'],
    // All cores: by default one is left idle, which of two is half.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts'],
          // Threads run a bundle of the sources, and a page is one.
          globalSetup: [
            './packages/core/tools/bundle-worker.mjs',
            './packages/cli/tools/bundle-page.mjs',
          ],
        },
      },
      {
        extends: true,
        resolve: { alias: [langchainCore0] },
        test: {
          name: 'langchain-core-0.3',
          // Whatever LangChain calls, and whatever calls LangChain.
          include: [
            'store/{*.conformance,upstream.*,binary-vector-store?(.hybrid),drop-in,langchain,retrievers}.test.ts',
            'durable/*.conformance.test.ts',
            'postgres/pg-vector-store.test.ts',
            'documents/{embed-texts,passage-of}.test.ts',
            '{langgraph,migrate,reranking,self-query,testing}/**/*.test.ts',
          ].map((pattern) => `packages/langchain-adapter/src/${pattern}`),
        },
      },
    ],
  },
});
