import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Makes one file of a program that imports sources from beside this one, to be run by Node. */
export async function bundleProgram(
  source: string,
  outfile: string,
  { external = [] }: { readonly external?: string[] } = {},
): Promise<void> {
  await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    conditions: ['@bitryoshka/source'],
    bundle: true,
    external,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
    banner: {
      js: "import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);",
    },
    logOverride: { 'empty-import-meta': 'silent' },
  });
}
