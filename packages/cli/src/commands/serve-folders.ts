import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { TaskOptions } from '@bitryoshka/core';
import { BitryoshkaError } from '@bitryoshka/core';
import { isLoopback } from '../server/access.ts';
import { ServedCollection } from '../server/served-collection.ts';
import { SharedTask } from '../server/shared-task.ts';
import type { RunningServer } from '../server/start-server.ts';
import { startServer } from '../server/start-server.ts';
import { complain, print } from '../terminal/print.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { printLibrary } from './search-folder.ts';

export interface ServeFoldersOptions {
  readonly host: string;
  readonly port: number;
  readonly token?: string | undefined;
  readonly allowHost?: readonly string[];
  readonly model?: string;
  readonly index?: string;
}

/** Of a token that is given: shorter ones can be guessed. */
const shortestToken = 16;

/** `bitryoshka serve`: a page and a JSON API to search folders with, until the process is told to end. */
export async function serveFolders(
  paths: readonly string[],
  options: ServeFoldersOptions,
): Promise<void> {
  const server = await serve(paths, options);
  print(server.url);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

/** The same, until it is closed. */
export async function serve(
  paths: readonly string[],
  { host, port, token, allowHost = [], model, index }: ServeFoldersOptions,
): Promise<RunningServer> {
  checkToken(token);
  const bar = new ProgressBar();
  const open = (task: TaskOptions) => ServedCollection.open(paths, { model, index, ...task });
  let current = await open({ onProgress: bar.update }).finally(() => bar.stop());
  for (const { path, library } of current.folders) printLibrary(path, library);
  // Answers come first; what failed is told, and tried again when folders are read again.
  let saving = current.save().catch(tell);
  const readAgain = async (signal: AbortSignal) => {
    await saving;
    const next = await open({ signal });
    const before = current;
    current = next;
    saving = next.save().catch(tell);
    await before.close();
  };
  let reading: SharedTask<void> | undefined;
  const refresh = (signal: AbortSignal) => {
    reading ??= new SharedTask((all) =>
      readAgain(all).finally(() => {
        reading = undefined;
      }),
    );
    return reading.result(signal);
  };
  const server = await startServer({
    host,
    port,
    // Others than this machine have to show one.
    token: token ?? (isLoopback(host) ? undefined : randomBytes(24).toString('base64url')),
    hosts: [host, ...allowHost],
    collection: () => current,
    refresh,
  }).catch(async (cause: unknown) => {
    await saving;
    await current.close();
    throw cause;
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await saving;
      await current.close();
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

function tell(cause: unknown): void {
  complain(BitryoshkaError.isInstance(cause) ? `bitryoshka: ${cause.message}` : cause);
}
