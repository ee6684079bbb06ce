import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A file beside this one. */
export function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Whether the packages are what a program finds that imports them: the last step of a build has been taken. */
export const isBuilt = existsSync(here('../packages/transformers-embedder/commonjs/index.js'));

/**
 * Runs a program outside the tests.
 *
 * @returns what it printed
 * @throws Error with all that it said, unless it ends with 0
 */
export async function runNode(
  args: readonly string[],
  { cwd, environment }: { readonly cwd?: string; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env;
  const options = { cwd, env: { ...env, ...environment } };
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  return stdout.trim();
}
