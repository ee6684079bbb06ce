import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

/** For tests of what only a process of its own shows: the command line, made of the sources. */
export interface BundledCommand {
  /** What Node runs. */
  path: string;
}

export function bundledCommand(): BundledCommand {
  const command: BundledCommand = { path: '' };
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'command-'));
    await copyFile(new URL('../../package.json', import.meta.url), join(folder, 'package.json'));
    command.path = join(folder, 'dist/commands/stdin.js');
    await build({
      stdin: {
        contents: "import { main } from './main.ts'; await main(process.argv);",
        resolveDir: fileURLToPath(new URL('..', import.meta.url)),
      },
      // Threads are files of their own, beside what starts them.
      entryPoints: [fileURLToPath(new URL('../folders/reading-thread.ts', import.meta.url))],
      conditions: ['@bitryoshka/source'],
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      outdir: join(folder, 'dist/commands'),
      logLevel: 'error',
      banner: {
        js: "import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);",
      },
      logOverride: { 'empty-import-meta': 'silent' },
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return command;
}
