import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BitryoshkaError } from '@bitryoshka/core';
import { createAdaptorServer } from '@hono/node-server';
import type { AppOptions } from './create-app.ts';
import { createApp } from './create-app.ts';

export interface ServerOptions extends AppOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

export interface RunningServer {
  /** Of the page, with the token where there is one. */
  readonly url: string;
  /** Lets nobody wait: requests that go on are aborted. */
  close(): Promise<void>;
}

/**
 * Listens.
 *
 * @throws BitryoshkaError `invalid-option` for an address that cannot be listened at
 */
export async function startServer({ host, port, ...app }: ServerOptions): Promise<RunningServer> {
  const server = createAdaptorServer({ fetch: createApp(app).fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen({ host, port, cause })));
    server.listen(port, host, resolve);
  });
  const { port: listened } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  const query = app.token === undefined ? '' : `?token=${encodeURIComponent(app.token)}`;
  return {
    url: `http://${name}:${listened}/${query}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function cannotListen({
  host,
  port,
  cause,
}: {
  readonly host: string;
  readonly port: number;
  readonly cause: Error;
}): BitryoshkaError {
  return new BitryoshkaError({
    code: 'invalid-option',
    message: `port: cannot listen at ${host}, port ${port} (${cause.message}).`,
    remedy: 'Choose another port, or 0 for any that is free.',
    cause,
  });
}
