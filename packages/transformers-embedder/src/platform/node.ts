import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

// What Node, Deno, Bun and Electron have and browsers have not; browser.ts exports the same names.

export const hasFolders = true;

/** The folder that a model's name stands for; undefined for what can only be a hub id. */
export function folderOf(model: string): string | undefined {
  const path = model.startsWith('file:///') ? fileURLToPath(model) : model;
  const looksLikePath = path.startsWith('.') || isAbsolute(path);
  return looksLikePath || isFolder(path) ? resolve(path) : undefined;
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Missing, or no path at all: too long, say.
    return false;
  }
}

export function isFileOf(folder: string, name: string): boolean {
  return statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Undefined for a file that is not there. */
export async function readFileOf(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

/** SHA-256 in hexadecimal, read piece by piece; undefined for a file that is not there. */
export async function hashFileOf(folder: string, name: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(join(folder, name))) hash.update(piece);
    return hash.digest('hex');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

/** Replaced as a whole. */
export async function writeFileOf(folder: string, name: string, text: string): Promise<void> {
  const file = join(folder, name);
  const temporary = `${file}.${process.pid}.tmp`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(temporary, text);
  await rename(temporary, file);
}

export function pathOf(folder: string, name: string): string {
  return join(folder, name);
}

/**
 * Imports a library that this package can be used with, or else one that the program's folder has: tools that
 * are run by `npx` lie elsewhere. A name in a variable: bundlers are not to look for what may not be there.
 */
export async function importModule(name: string): Promise<unknown> {
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  } catch (cause) {
    const file = resolveFrom(process.cwd(), name);
    if (file === undefined) throw cause;
    return import(/* webpackIgnore: true */ /* @vite-ignore */ pathToFileURL(file).href);
  }
}

function resolveFrom(folder: string, name: string): string | undefined {
  try {
    return createRequire(join(folder, 'package.json')).resolve(name);
  } catch {
    return undefined;
  }
}

export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}

/** Lets timers, aborts and other requests have their turn. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}

export interface Thread {
  post(message: object): void;
  /** Whether the program waits for the thread. */
  keepAlive(wanted: boolean): void;
  stop(): Promise<void>;
}

/** @param onEnd called when the thread ends by itself, or could not be started */
export function startEmbedderThread(
  task: object,
  onMessage: (message: unknown) => void,
  onEnd: (cause: unknown) => void,
): Thread {
  // A thread runs what was compiled, also where these sources are run themselves.
  const isSource = import.meta.url.endsWith('.ts');
  const folder = isSource ? '../../dist/embeddings/' : '../embeddings/';
  const worker = new Worker(new URL(`${folder}embedder-thread.js`, import.meta.url), {
    workerData: task,
    // Those of the program are for its own files: `--input-type`, conditions, loaders.
    execArgv: [],
  });
  let isStopped = false;
  worker.on('message', onMessage);
  worker.on('error', onEnd);
  worker.on('exit', (code) => {
    if (!isStopped) onEnd(new Error(`exit code ${code}`));
  });
  return {
    post: (message) => worker.postMessage(message),
    keepAlive: (wanted) => (wanted ? worker.ref() : worker.unref()),
    async stop() {
      isStopped = true;
      await worker.terminate();
    },
  };
}

function isMissing(cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
