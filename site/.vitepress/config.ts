import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const inSite = (path: string) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
const page = (text: string, link: string) => ({ text, link });

export default defineConfig({
  title: 'bitryoshka',
  description: 'Adaptive binary embeddings for LangChain.js',
  // The pages are those that the repository shows: nothing is written twice.
  srcDir: '..',
  srcExclude: [
    '**/node_modules/**',
    'site/**',
    'bench/**',
    'examples/**',
    '.changeset/**',
    'packages/*/{dist,commonjs,training,model}/**',
    'CHANGELOG.md',
  ],
  rewrites: {
    'README.md': 'index.md',
    'packages/:name/README.md': 'packages/:name/index.md',
  },
  // Links to sources are links of the repository.
  ignoreDeadLinks: [
    /^(\.\.?\/)*(packages|examples|bench|tools|ARCHITECTURE|CONTRIBUTING|model|cli)/,
    /LICENSE/,
  ],
  // Pages outside of this folder find Vue in it.
  vite: {
    resolve: {
      alias: [
        { find: /^vue\/server-renderer$/, replacement: inSite('vue/server-renderer/index.mjs') },
        { find: /^vue$/, replacement: inSite('vue/dist/vue.runtime.esm-bundler.js') },
      ],
    },
  },
  cleanUrls: true,
  lastUpdated: false,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: [
      {
        text: 'Use it',
        items: [
          page('Overview', '/'),
          page('Start', '/docs/use/start'),
          page('What to choose', '/docs/use/choose'),
          page('Keeping an index', '/docs/use/keep'),
          page('Searching', '/docs/use/search'),
          page('With an agent', '/docs/use/agent'),
          page('Codes that learn', '/docs/use/learn'),
          page('Looking after a store', '/docs/use/look-after'),
          page('Moving in and out', '/docs/use/migrate'),
          page('A million', '/docs/use/million'),
          page('In PostgreSQL', '/docs/use/postgres'),
          page('Several PostgreSQL servers', '/docs/use/several-servers'),
          page('Comparison', '/docs/use/compare'),
        ],
      },
      {
        text: 'Packages',
        items: [
          page('LangChain', '/packages/langchain-adapter/'),
          page('Embeddings', '/packages/transformers-embedder/'),
          page('Core', '/packages/core/'),
          page('Command line', '/packages/cli/'),
          page('API', '/docs/api/'),
        ],
      },
      {
        text: 'Understand it',
        items: [
          page('How it works', '/docs/understand'),
          page('Scores', '/docs/scoring'),
          page('Training', '/docs/training'),
        ],
      },
      {
        text: 'Check it',
        items: [
          page('Quality', '/docs/quality'),
          page('Speed', '/docs/speed'),
          page('Other libraries', '/docs/benchmarks'),
          page('File format', '/docs/file-format'),
          page('LangChain contract', '/docs/conformance'),
        ],
      },
    ],
  },
});
