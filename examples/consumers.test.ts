import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { here, isBuilt, runNode } from './run-node.suite.ts';

describe.skipIf(!isBuilt)('the packages work (need a build)', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-consumers-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('by require, with the classes of LangChain', async () => {
    expect(await runNode([here('consumers/check.cjs')])).toBe('256');
  });

  it('in several threads at once', async () => {
    expect(await runNode([here('consumers/worker.mjs')])).toBe('256');
  });

  it('under Jest', async () => {
    const jest = join(
      dirname(createRequire(import.meta.url).resolve('jest/package.json')),
      'bin/jest.js',
    );
    await runNode([
      jest,
      '--rootDir',
      here('consumers'),
      '--config',
      '{"transform":{}}',
      '--no-watchman',
    ]);
  });

  it('as a suite of node:test', async () => {
    const printed = await runNode([
      '--test',
      '--test-reporter=tap',
      here('consumers/conformance.test.js'),
    ]);
    expect(printed).toMatch(/^# fail 0$/m);
    expect(printed).toMatch(/^# pass [1-9]/m);
    expect(printed).toMatch(/^# skipped [1-9]/m);
  });

  // In a folder of their own: nothing of the packages is found at run time.
  it.each([
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ] as const)('in a bundle of %s', async (format, extension) => {
    const outfile = join(folder, `bundle.${extension}`);
    await build({
      stdin: {
        contents: `import { BinaryVectorStore } from '@bitryoshka/langchain';
          import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';
          BinaryVectorStore.fromTexts(['a cat sleeps', 'a dog barks'], [], new MatryoshkaEmbeddings())
            .then((store) => store.similaritySearch('cat', 1))
            .then(([{ pageContent }]) => console.log(pageContent));`,
        resolveDir: here('.'),
      },
      bundle: true,
      platform: 'node',
      format,
      outfile,
      logLevel: 'error',
      banner:
        format === 'esm'
          ? {
              js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
            }
          : {},
    });
    expect(await runNode([outfile])).toBe('a cat sleeps');
  });
});
