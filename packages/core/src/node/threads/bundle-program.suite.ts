import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Bundles a program and the sources of this package that it imports into one file.
 *
 * @param file ends with `.mjs` or `.cjs`, which says what it will be
 * @returns the file
 */
export async function bundleProgram(program: string, file: string): Promise<string> {
  await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    conditions: ['@bitryoshka/source'],
    bundle: true,
    platform: 'node',
    format: file.endsWith('.cjs') ? 'cjs' : 'esm',
    outfile: file,
    logLevel: 'error',
    // Presets are files, which bundles for CommonJS do not look for.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return file;
}
