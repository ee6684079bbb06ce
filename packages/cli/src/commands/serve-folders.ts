import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { BitryoshkaError } from '@bitryoshka/core';
import { liveFolders } from '../library/live-folders.ts';
import { isLoopback } from '../server/access.ts';
import { ServedFolders } from '../server/served-folders.ts';
import type { RunningServer } from '../server/start-server.ts';
import { startServer } from '../server/start-server.ts';
import { interruptible } from '../terminal/interruptible.ts';
import { complain, print } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { interruptedTold } from './interrupted-told.ts';
import type { LibraryFlags } from './library-flags.ts';
import { libraryOptions } from './library-flags.ts';
import { printLibrary } from './search-folder.ts';

export interface ServeFoldersOptions extends LibraryFlags {
  readonly host: string;
  readonly port: number;
  readonly token?: string | undefined;
  readonly allowHost?: readonly string[];
}

/** Of a token that is given: shorter ones can be guessed. */
const shortestToken = 16;

/** `bitryoshka serve`: a page and a JSON API to search folders with, until the process is told to end. */
export async function serveFolders(
  paths: readonly string[],
  options: ServeFoldersOptions,
): Promise<void> {
  let server: RunningServer | undefined;
  await interruptible(async (signal) => {
    server = await serve(paths, options, signal);
  });
  if (!server) return complain(interruptedTold);
  print(server.url);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

/** The same, until it is closed. */
export async function serve(
  paths: readonly string[],
  { host, port, token, allowHost = [], ...flags }: ServeFoldersOptions,
  signal?: AbortSignal,
): Promise<RunningServer> {
  checkToken(token);
  const bar = new ProgressBar();
  const folders = await liveFolders(paths, libraryOptions(flags));
  const served = await ServedFolders.open(folders, { signal, onProgress: bar.update }).finally(() =>
    bar.stop(),
  );
  for (const { path, library } of served.collection.folders) printLibrary(path, library);
  const server = await startServer({
    host,
    port,
    // Others than this machine have to show one.
    token: token ?? (isLoopback(host) ? undefined : randomBytes(24).toString('base64url')),
    hosts: [host, ...allowHost],
    collection: () => served.collection,
    refresh: (request) => served.refresh(request),
  }).catch(async (cause: unknown) => {
    await served.close();
    throw cause;
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await served.close();
    },
  };
}

/** @throws BitryoshkaError `invalid-option` */
function checkToken(token: string | undefined): void {
  if (token === undefined || (token.length >= shortestToken && /^[\w.~-]+$/.test(token))) return;
  throw new BitryoshkaError({
    code: 'invalid-option',
    message: `token: got ${token.length} characters, expected ${shortestToken} or more of letters, digits and . _ ~ -.`,
    remedy: 'Take a longer one, or leave it out: one is made.',
  });
}
