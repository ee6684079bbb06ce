import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createServer } from '../mcp/create-server.ts';
import { SearchedFolders } from '../mcp/searched-folders.ts';
import type { LibraryFlags } from './library-flags.ts';
import { libraryOptions } from './library-flags.ts';
import { packageVersion } from './package-version.ts';

/**
 * `bitryoshka mcp`: folders as tools of a client of the Model Context Protocol, over standard input and output, until
 * the input ends.
 */
export async function serveMcp(paths: readonly string[], flags: LibraryFlags): Promise<void> {
  // Standard output is the protocol's; what others print would break it.
  console.log = console.error;
  const folders = await SearchedFolders.open(paths, libraryOptions(flags));
  const server = createServer(folders, packageVersion());
  const ended = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
  });
  const close = () => void server.close();
  process.stdin.once('end', close).once('close', close);
  process.once('SIGINT', close).once('SIGTERM', close);
  await server.connect(new StdioServerTransport());
  // The first question need not wait for all of it; what fails is said when somebody asks.
  folders.list({}).catch(() => {});
  await ended;
  await folders.close();
}
