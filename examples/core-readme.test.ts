import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';

const readme = readFileSync(new URL('../packages/core/README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);

/** What a reader has: vectors in clusters, and questions. */
const given = `
const draw = (i, j) => Math.sin((i % 40) * (j + 1)) + 0.3 * Math.sin(i * 7.1 + j * 3.3);
const vectors = Array.from({ length: 400 }, (_, i) => Float32Array.from({ length: 384 }, (_, j) => draw(i, j)));
const queries = vectors.filter((_, i) => i % 10 === 0).map((vector) => vector.map((value) => value + 0.1));
const [query] = queries;
const newVectors = [vectors];
`;

describe('README of core: its snippets run', () => {
  let folder: string;
  const home = process.cwd();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bitryoshka-readme-'));
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
  });

  afterAll(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
    vi.restoreAllMocks();
  });

  it.each(snippets.map((code, i) => [firstCall(code), code, i] as const))(
    '%s',
    async (_, code, i) => {
      const outfile = join(folder, `snippet-${i}.mjs`);
      await build({
        stdin: {
          contents: given + code,
          resolveDir: fileURLToPath(new URL('.', import.meta.url)),
        },
        bundle: true,
        platform: 'node',
        format: 'esm',
        conditions: ['@bitryoshka/source'],
        outfile,
        logLevel: 'error',
      });
      process.chdir(folder);
      await import(outfile);
    },
  );
});

/** The first line that does something. */
function firstCall(code: string): string {
  return code.split('\n').find((line) => /^(const|await|index)/.test(line)) ?? code;
}
